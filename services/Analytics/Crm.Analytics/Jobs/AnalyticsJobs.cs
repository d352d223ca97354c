namespace Crm.Analytics.Jobs;

/// <summary>Analytics' long work, for the operations desk.</summary>
internal static class AnalyticsJobs
{
    public const string Sql = "SELECT id, kind, state, done, total, created_by AS started_by, created_at, finished_at, error_message AS error FROM jobs";
}
