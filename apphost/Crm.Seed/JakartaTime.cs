namespace Crm.Seed;

/// <summary>Western Indonesian Time has been UTC+7 without summer time for all dates in the data.</summary>
internal static class JakartaTime
{
    public static readonly TimeSpan Offset = TimeSpan.FromHours(7);
}
