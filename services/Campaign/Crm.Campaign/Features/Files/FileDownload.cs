using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Files;

/// <summary>Files with people's names and addresses leave the platform for somebody: who, which, when.</summary>
internal static class FileDownload
{
    public static Task RecordAsync(
        string kind, Guid campaignId, string file, Actor actor, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken) => unitOfWork.ExecuteAsync(
        "INSERT INTO file_downloads (id, kind, campaign_id, file, actor, actor_name, occurred_at) VALUES (@id, @kind, @campaignId, @file, @Subject, @Name, @now)",
        new { id = ids.Next(), kind, campaignId, file, actor.Subject, actor.Name, now = time.GetUtcNow() },
        cancellationToken);
}
