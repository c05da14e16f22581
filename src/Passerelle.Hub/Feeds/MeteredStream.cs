namespace Passerelle.Hub.Feeds;

/// <summary>Counts what really comes out of a file or an archive entry, and stops as soon as it is too much.</summary>
/// <param name="inner">Where the bytes come from.</param>
/// <param name="maxBytes">Beyond this the feed is refused.</param>
/// <param name="seal">Length and checksum to find at the end; the platform's ZIP reader does not check the latter.</param>
/// <param name="leaveOpen">Whether <paramref name="inner"/> outlives this stream.</param>
sealed class MeteredStream(Stream inner, long maxBytes, EntrySeal? seal, bool leaveOpen) : Stream
{
    long total;
    uint crc = Crc32.Start;

    public override int Read(Span<byte> buffer)
    {
        var read = ReadInner(buffer);
        if (read == 0)
        {
            if (seal is { Crc: var expected, Length: var length } && (Crc32.Finish(crc) != expected || total != length))
                throw new FeedRefused(FeedRefusal.Truncated);
            return 0;
        }

        total += read;
        if (total > maxBytes)
            throw new FeedRefused(FeedRefusal.TooLarge, maxBytes / (1024 * 1024));
        if (seal is not null)
            crc = Crc32.Append(crc, buffer[..read]);
        return read;
    }

    int ReadInner(Span<byte> buffer)
    {
        try
        {
            return inner.Read(buffer);
        }
        catch (InvalidDataException damaged)
        {
            throw new FeedRefused(FeedRefusal.Truncated, damaged);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    protected override void Dispose(bool disposing)
    {
        if (disposing && !leaveOpen)
            inner.Dispose();
        base.Dispose(disposing);
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => total; set => throw new NotSupportedException(); }
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

/// <summary>What an archive says about an entry, to be compared with what came out of it.</summary>
sealed record EntrySeal(uint Crc, long Length);
