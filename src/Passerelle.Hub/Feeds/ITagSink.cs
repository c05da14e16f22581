namespace Passerelle.Hub.Feeds;

/// <summary>What <see cref="FeedXml"/> and <see cref="FeedJson"/> tell of a file, in its order: things with a name that hold others, or a text. Of it a slice makes its records.</summary>
public interface ITagSink<TRecord> where TRecord : class
{
    /// <param name="line">Where it begins, from 1.</param>
    void Begin(string name, int line);

    /// <summary>Of what was begun last, before anything in it.</summary>
    void Attribute(string name, string text);

    /// <summary>Of what was begun last; it may come in parts.</summary>
    void Text(string text);

    /// <summary>The record that is complete with this, if any.</summary>
    TRecord? End();
}
