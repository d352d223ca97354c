namespace Crm.Seed;

/// <summary>Something the user must know and can act on; its message says what to do.</summary>
internal sealed class SeedException(string message, int exitCode = 1, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;

    public static SeedException NotRunning(Exception? inner = null) => new("The platform is not running. Start it with ./crm up, then run this again.", 3, inner);
}
