using System.Runtime.InteropServices;

namespace Serverless.Local.Azurite;

/// <summary>Signals to processes that we started; the base library knows SIGKILL only.</summary>
internal static class Signals
{
    public static void Terminate(int pid) => _ = Send(pid, 15);

    public static void Kill(int pid) => _ = Send(pid, 9);

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Send(int pid, int signal);
}
