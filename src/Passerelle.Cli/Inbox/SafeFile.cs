using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Passerelle.Cli.Inbox;

/// <summary>
/// Files that are there whole or not at all, even when the power fails: written beside their place, flushed to the disk, then renamed.
/// They can be read by their owner only: they hold CVs and children's files.
/// </summary>
internal static class SafeFile
{
    public const string PartialSuffix = ".part";

    public static async Task WriteAsync(string path, Func<Stream, Task> write, bool overwrite = false)
    {
        // The same name at each try: what a crash left behind is written over by the repeat.
        var partial = Path.Combine(Path.GetDirectoryName(path)!, '.' + Path.GetFileName(path) + PartialSuffix);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            await using (var file = new FileStream(partial, options))
            {
                await write(file);
                await file.FlushAsync();
                file.Flush(flushToDisk: true);
            }
            File.Move(partial, path, overwrite);
        }
        catch
        {
            TryDelete(partial);
            throw;
        }
    }

    public static async Task<byte[]> HashAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        return await SHA256.HashDataAsync(file, cancellationToken);
    }

    /// <summary>
    /// Makes the renames in a folder last. A rename is in the folder, which must be flushed too; .NET opens no folder as a file, so that this is
    /// the system's own call. NTFS keeps its renames in a journal.
    /// </summary>
    public static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = NativeMethods.Open(Encoding.UTF8.GetBytes(folder + '\0'), 0);
        if (descriptor < 0)
            throw new IOException($"The folder cannot be opened (errno {Marshal.GetLastPInvokeError()}).");
        try
        {
            // Some network file systems cannot (EINVAL): there is nothing better to do there.
            const int invalid = 22;
            if (NativeMethods.Flush(descriptor) != 0 && Marshal.GetLastPInvokeError() is var errno && errno != invalid)
                throw new IOException($"The folder cannot be flushed (errno {errno}).");
        }
        finally
        {
            _ = NativeMethods.Close(descriptor);
        }
    }

    public static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next try writes over it.
        }
    }

    private static class NativeMethods
    {
        [DllImport("libc", EntryPoint = "open", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Open(byte[] path, int flags);

        [DllImport("libc", EntryPoint = "fsync", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Flush(int descriptor);

        [DllImport("libc", EntryPoint = "close"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Close(int descriptor);
    }
}
