namespace Passerelle.Tests.Faults;

/// <summary>One HTTP/2 frame of a server, whole.</summary>
sealed record ReplyFrame(byte[] Bytes)
{
    const byte Data = 0, Headers = 1;

    /// <summary>It is part of an answer to a call, not of the connection's own housekeeping.</summary>
    public bool IsReply => Bytes[3] is Data or Headers;

    /// <summary>It carries the answer itself.</summary>
    public bool IsData => Bytes[3] == Data;
}

/// <summary>Cuts what a server sends into frames, so that a fault strikes a reply and not just any bytes.</summary>
sealed class ReplyFrames
{
    const int Header = 9;

    byte[] rest = [];

    /// <summary>The frames that are whole now; the beginning of the next one is kept.</summary>
    public IEnumerable<ReplyFrame> Add(ReadOnlySpan<byte> bytes)
    {
        byte[] all = [.. rest, .. bytes];
        var (frames, at) = (new List<ReplyFrame>(), 0);
        while (all.Length - at >= Header)
        {
            var length = Header + (all[at] << 16 | all[at + 1] << 8 | all[at + 2]);
            if (all.Length - at < length) break;
            frames.Add(new ReplyFrame(all[at..(at + length)]));
            at += length;
        }

        rest = all[at..];
        return frames;
    }
}
