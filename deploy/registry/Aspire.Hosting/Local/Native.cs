using System.Runtime.InteropServices;

namespace Aspire.Hosting.Local;

internal static class Native
{
    public const int Interrupt = 2, Kill = 9, Terminate = 15;

    /// <summary>False when there is no such process (any more).</summary>
    public static bool Signal(int pid, int signal) => KillProcess(pid, signal) == 0;

    /// <summary>Signals what is left of the process group that a child leads.</summary>
    public static void SignalGroup(int leader, int signal)
    {
        if (leader > 1) _ = KillProcess(-leader, signal);
    }

    public static uint EffectiveUserId() => GetEffectiveUserId();

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int KillProcess(int pid, int signal);

    [DllImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint GetEffectiveUserId();
}
