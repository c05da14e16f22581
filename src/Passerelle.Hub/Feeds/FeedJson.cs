using System.Text;
using System.Text.Json;

namespace Passerelle.Hub.Feeds;

/// <summary>Records of a JSON file, one in memory at a time. What is in an array is called as the array is; an outermost array, which has no name of its own, as the slice says.</summary>
static class FeedJson
{
    public static IEnumerable<TRecord> Read<TRecord>(Stream bytes, Encoding encoding, string outermost, ITagSink<TRecord> sink, FeedLimits limits) where TRecord : class
    {
        using var utf8 = encoding.CodePage == Encoding.UTF8.CodePage ? bytes : Encoding.CreateTranscodingStream(bytes, encoding, Encoding.UTF8);
        var tokens = new Tokens(utf8, limits.MaxLineBytes);
        // What is open, from the outside in, and what an array's items are called.
        var names = new Stack<(bool IsArray, string Name)>();
        var name = "";
        while (tokens.Read())
        {
            switch (tokens.Type)
            {
                case JsonTokenType.PropertyName:
                    name = tokens.Text;
                    continue;
                case JsonTokenType.StartArray:
                    if (names.Count > 64)
                        throw new FeedRefused(FeedRefusal.TooDeep, tokens.Line, 64);
                    name = names.Count == 0 ? outermost : name;
                    names.Push((true, name));
                    continue;
                case JsonTokenType.StartObject:
                    sink.Begin(name, tokens.Line);
                    names.Push((false, name));
                    continue;
                case JsonTokenType.EndArray:
                    names.Pop();
                    break;
                case JsonTokenType.EndObject:
                    names.Pop();
                    if (sink.End() is { } record)
                        yield return record;
                    break;
                default:
                    sink.Begin(name, tokens.Line);
                    if (tokens.Type != JsonTokenType.Null)
                        sink.Text(tokens.Text);
                    if (sink.End() is { } scalar)
                        yield return scalar;
                    break;
            }

            if (names.TryPeek(out var around) && around.IsArray)
                name = around.Name;
        }
    }

    /// <summary>One token after the other, from a buffer that grows up to the longest text allowed.</summary>
    sealed class Tokens(Stream stream, int maxBytes)
    {
        byte[] buffer = new byte[64 * 1024];
        int start, end, line = 1;
        bool exhausted;
        JsonReaderState state = new(new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });

        public JsonTokenType Type { get; private set; }
        public string Text { get; private set; } = "";
        public int Line => line;

        public bool Read()
        {
            while (true)
            {
                var reader = new Utf8JsonReader(buffer.AsSpan(start, end - start), exhausted, state);
                if (reader.Read())
                {
                    Type = reader.TokenType;
                    Text = Type switch
                    {
                        JsonTokenType.String or JsonTokenType.PropertyName => TextOf(ref reader),
                        JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
                        JsonTokenType.True => "true",
                        JsonTokenType.False => "false",
                        _ => "",
                    };
                    state = reader.CurrentState;
                    line += buffer.AsSpan(start, (int)reader.BytesConsumed).Count((byte)'\n');
                    start += (int)reader.BytesConsumed;
                    return true;
                }

                if (exhausted)
                    return false;
                Fill();
            }
        }

        static string TextOf(ref Utf8JsonReader reader)
        {
            try
            {
                return reader.GetString()!;
            }
            catch (InvalidOperationException half)
            {
                // Half a character, as an escape: valid JSON that is no text.
                throw new JsonException(half.Message, half);
            }
        }

        void Fill()
        {
            if (start > 0)
                buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
            if (end == buffer.Length)
            {
                if (buffer.Length >= maxBytes)
                    throw new FeedRefused(FeedRefusal.LineTooLong, line, maxBytes / 1024);
                Array.Resize(ref buffer, Math.Min(maxBytes, buffer.Length * 2));
            }

            var read = stream.Read(buffer.AsSpan(end));
            end += read;
            exhausted = read == 0;
        }
    }
}
