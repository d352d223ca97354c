using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Delivery;
using Crm.Campaign.Delivery.Templates;
using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Templates;

/// <param name="Recipients">Addresses of the list of test recipients.</param>
/// <param name="CustomerId">Whose message it is; without, an example person's.</param>
/// <param name="Languages">Without, every language that the template has.</param>
public sealed record TemplateTestRequest(
    [property: Required, MinLength(1), MaxLength(20)] string[] Recipients,
    [property: Required, StringLength(100, MinimumLength = 1), RegularExpression(@"[^\p{Cc}]+", ErrorMessage = "A name has no control characters.")] string SenderName,
    [property: Required, EmailAddress, StringLength(254), RegularExpression(@"[\x21-\x7e]+", ErrorMessage = "An address has no spaces and no control characters.")] string FromAddress,
    Guid? CustomerId = null,
    string[]? Languages = null);

/// <param name="State">planned, sending, sent or failed.</param>
/// <param name="Reply">The relay's answer.</param>
public sealed record TemplateTestResponse(Guid Id, long Version, string Language, string Email, string Subject, string State, string? Reply, string CreatedBy, DateTimeOffset CreatedAt);

public sealed record TemplateTestsResponse(IReadOnlyList<TemplateTestResponse> Sends);

/// <summary>The message in real mail programs: through the senders, marked in its subject, neither tracked nor counted.</summary>
internal static class SendTemplateTest
{
    private const string Columns = "id, version, language, email, subject, state, reply, created_by, created_at";

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/templates/{id:guid}/test-sends", async (
                Guid id, TemplateTestRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, unitOfWork, ids, time, actor, cancellationToken)).ToAccepted(_ => $"/api/campaign/v1/templates/{id}/test-sends"))
            .WithName("SendTemplateTest").WithSummary("Sends the current version to test recipients").AllowRoles(Roles.Marketing);
        api.MapGet("/templates/{id:guid}/test-sends", async (Guid id, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            {
                var rows = await unitOfWork.QueryAsync<TemplateTestResponse>(
                    $"SELECT {Columns} FROM test_sends WHERE template_id = @id AND (@before::uuid IS NULL OR id < @before) ORDER BY id DESC LIMIT @limit + 1",
                    new { id, before = page.After<CursorKey>()?.Id, limit = page.Limit },
                    cancellationToken);
                return TypedResults.Ok(Page<TemplateTestResponse>.From(rows, page.Limit, row => new CursorKey(row.Id)));
            })
            .WithName("ListTemplateTests").WithSummary("What became of them, newest first").AllowRoles(Roles.Marketing);
    }

    private static async Task<Result<TemplateTestsResponse>> HandleAsync(
        Guid id, TemplateTestRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken)
    {
        if (await TemplateRow.FindAsync(id, unitOfWork, cancellationToken) is not { } row) return CampaignErrors.TemplateNotFound;
        if (row.Channel != TemplateChannel.Email) return Error.Unprocessable("campaign.test_not_for_channel", "Tests are sent by e-mail only; a preview shows the text.", "id");
        var known = await unitOfWork.QueryAsync<(string Email, string Name)>(
            "SELECT email, name FROM test_recipients WHERE lower(email) = ANY(@emails)", new { emails = request.Recipients.Select(email => email.ToLowerInvariant()).ToArray() }, cancellationToken);
        for (var i = 0; i < request.Recipients.Length; i++)
        {
            if (!known.Any(recipient => recipient.Email.Equals(request.Recipients[i], StringComparison.OrdinalIgnoreCase)))
            {
                return Error.Unprocessable("campaign.not_a_test_recipient", $"'{request.Recipients[i]}' is not in the list of test recipients.", $"recipients[{i}]");
            }
        }

        var now = time.GetUtcNow();
        var sends = new List<TemplateTestResponse>();
        foreach (var language in request.Languages ?? [.. row.ToPrepared().Languages.Keys.Order(StringComparer.Ordinal)])
        {
            if (!(await PreviewTemplate.RenderAsync(row, request.CustomerId, language, now, unitOfWork, cancellationToken)).TryGet(out var message, out var error)) return error;
            foreach (var (email, name) in known)
            {
                var send = new TemplateTestResponse(
                    ids.Next(), row.Version, message.Language, email, $"{(message.Language == "id" ? "[Uji]" : "[Test]")} {message.Subject}", "planned", null, actor.Required.Subject, now);
                await unitOfWork.ExecuteAsync(
                    """
                    INSERT INTO test_sends (id, template_id, version, language, email, name, sender_name, from_address, subject, html, body, created_by, created_at)
                    VALUES (@Id, @templateId, @Version, @Language, @Email, @name, @SenderName, @FromAddress, @Subject, @Html, @Text, @CreatedBy, @CreatedAt)
                    """,
                    new
                    {
                        send.Id, templateId = id, send.Version, send.Language, send.Email, name, request.SenderName, request.FromAddress, send.Subject, message.Html, message.Text,
                        send.CreatedBy, send.CreatedAt,
                    },
                    cancellationToken);
                unitOfWork.Enqueue(new SendTest(send.Id));
                sends.Add(send);
            }
        }

        return new TemplateTestsResponse(sends);
    }

    private sealed record CursorKey(Guid Id);
}
