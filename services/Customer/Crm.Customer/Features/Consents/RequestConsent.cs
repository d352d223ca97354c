using System.Net;
using Crm.Customer.Domain;
using Crm.Customer.Domain.Privacy;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Consents;

/// <summary>
/// Double opt-in: a consent that was ticked somewhere counts only when whoever has the address confirms it. Answers with the link to send there; until the
/// link is followed and confirmed nothing is in the ledger.
/// </summary>
internal static class RequestConsent
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    internal sealed record Request(string Channel, string Purpose, string NoticeVersion);

    internal sealed record Response(Guid Id, string Url, DateTimeOffset ExpiresAt);

    public static void Map(RouteGroupBuilder api, RouteGroupBuilder pages)
    {
        api.MapPost("/customers/{id:guid}/consent-requests", async (
                Guid id, Request request, CustomerStore store, UnitOfWork unitOfWork, PrivacyKeys keys, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, store, unitOfWork, keys, ids, time, cancellationToken)).ToOk())
            .WithName("RequestConsent")
            .AllowRoles(Roles.CustomerEditors);
        pages.MapGet("/p/consents/{token}", ShowAsync);
        pages.MapPost("/p/consents/{token}", ConfirmAsync).DisableAntiforgery();
    }

    private static async Task<Result<Response>> HandleAsync(
        Guid customerId, Request request, CustomerStore store, UnitOfWork unitOfWork, PrivacyKeys keys, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (ConsentDecision.Refusal(request.Channel, request.Purpose, request.NoticeVersion, null, null, now, "") is { } error) return error;
        if (await store.FindAsync(customerId, cancellationToken) is not { } customer) return CustomerErrors.NotFound;

        var (id, expiresAt) = (ids.Next(), now + Lifetime);
        await unitOfWork.ExecuteAsync(
            "INSERT INTO consent_requests (id, customer_id, channel, purpose, notice_version, requested_at) VALUES (@id, @customerId, @Channel, @Purpose, @notice, @now)",
            new { id, customerId = customer.Id, request.Channel, request.Purpose, notice = request.NoticeVersion.Trim(), now },
            cancellationToken);
        return new Response(id, keys.Link("/p/consents", LinkPurpose.ConfirmConsent, id, expiresAt), expiresAt);
    }

    private static async Task<IResult> ShowAsync(string token, HttpContext http, PrivacyKeys keys, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (await FindAsync(token, keys, unitOfWork, cancellationToken) is not { } pending) return PrivacyErrors.LinkNotFound.ToProblem();
        // A consent is to something: the page names it.
        var (channel, purpose) = (Encoded(pending.Language, pending.Channel), Encoded(pending.Language, pending.Purpose));
        return pending.Language == "id"
            ? PublicPage.Of(http, "id", "Konfirmasi persetujuan", $"<p>Anda setuju dihubungi oleh kami melalui <strong>{channel}</strong>, untuk: <strong>{purpose}</strong>. Anda dapat menariknya kapan saja.</p><form method=\"post\"><button type=\"submit\">Ya, saya setuju</button></form>")
            : PublicPage.Of(http, "en", "Confirm your consent", $"<p>You agree that we contact you by <strong>{channel}</strong>, for: <strong>{purpose}</strong>. You can withdraw at any time.</p><form method=\"post\"><button type=\"submit\">Yes, I agree</button></form>");
    }

    private static string Encoded(string language, string name) => WebUtility.HtmlEncode(PreferenceCentre.Word(language, name));

    private static async Task<IResult> ConfirmAsync(string token, HttpContext http, PrivacyKeys keys, UnitOfWork unitOfWork, ConsentLedger ledger, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await FindAsync(token, keys, unitOfWork, cancellationToken) is not { } pending) return PrivacyErrors.LinkNotFound.ToProblem();
        var now = time.GetUtcNow();
        var first = await unitOfWork.ExecuteAsync("UPDATE consent_requests SET confirmed_at = @now WHERE id = @Id AND confirmed_at IS NULL", new { pending.Id, now }, cancellationToken);
        if (first > 0)
        {
            await ledger.RecordAsync(
                new ConsentDecision
                {
                    Id = pending.Id, CustomerId = pending.CustomerId, Channel = pending.Channel, Purpose = pending.Purpose, Granted = true,
                    NoticeVersion = pending.NoticeVersion, CaptureSource = ConsentDecision.DoubleOptIn, EffectiveAt = now,
                },
                cancellationToken);
        }

        return pending.Language == "id"
            ? PublicPage.Of(http, "id", "Terima kasih", "<p role=\"status\">Persetujuan Anda sudah dicatat.</p>")
            : PublicPage.Of(http, "en", "Thank you", "<p role=\"status\">Your consent is recorded.</p>");
    }

    private static async Task<Pending?> FindAsync(string token, PrivacyKeys keys, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        keys.Read(LinkPurpose.ConfirmConsent, token) is not { } id ? null : await unitOfWork.QuerySingleOrDefaultAsync<Pending>(
            """
            SELECT r.id, r.customer_id, r.channel, r.purpose, r.notice_version, c.language
            FROM consent_requests r JOIN customers c ON c.id = current_customer(r.customer_id) WHERE r.id = @id
            """,
            new { id },
            cancellationToken);

    private sealed class Pending
    {
        public Guid Id { get; init; }
        public Guid CustomerId { get; init; }
        public string Channel { get; init; } = "";
        public string Purpose { get; init; } = "";
        public string NoticeVersion { get; init; } = "";
        public string Language { get; init; } = "";
    }
}
