using Passerelle.Cli.Settings;

namespace Passerelle.Cli;

/// <summary>The file that a command was given.</summary>
internal static class InputFile
{
    public static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UsageException(Sentences.Get("Usage.FileMissing", Printable.Line(path)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException(Sentences.Get("Usage.FileUnreadable", Printable.Line(path)));
        }
    }
}
