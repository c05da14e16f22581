using System.Text;

namespace Passerelle.Cli.Inbox;

/// <summary>Where the inbox stream had arrived, beside the files that came by it. Losing it costs a minute's wait for what was lost on the way, so that no trouble with it matters.</summary>
internal sealed class CursorFile(string folder)
{
    /// <summary>Hidden, so that who empties the folder of its files leaves it.</summary>
    public const string Name = ".cursor";

    private const int MaxLength = 200;

    private readonly string _path = Path.Combine(Path.GetFullPath(folder), Name);

    public string Read()
    {
        try
        {
            var text = File.Exists(_path) ? File.ReadAllText(_path).Trim() : "";
            return text.Length <= MaxLength && text.All(char.IsAscii) ? text : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    public void Write(string cursor)
    {
        try
        {
            SafeFile.WriteAsync(_path, file => file.WriteAsync(Encoding.ASCII.GetBytes(cursor)).AsTask(), overwrite: true).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The one before stays: what came after it, and was acknowledged, does not come again.
        }
    }
}
