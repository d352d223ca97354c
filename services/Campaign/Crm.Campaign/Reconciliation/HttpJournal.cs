using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Reconciliation;

/// <summary>A relay that answers over HTTP what it took: a provider's message API, or a development inbox.</summary>
internal sealed class HttpJournal(IHttpClientFactory clients, IOptions<ReconcileOptions> options) : IRelayJournal
{
    public const string Client = "relay-journal";
    private const int AtOnce = 8;

    public async Task<JournalAnswer> FindAsync(IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken)
    {
        var taken = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var group in messageIds.Chunk(AtOnce))
        {
            var answers = await Task.WhenAll(group.Select(id => AskAsync(id, cancellationToken)));
            foreach (var (id, evidence) in group.Zip(answers).Where(answer => answer.Second is not null)) taken[id] = evidence!;
        }

        return new JournalAnswer(taken, CompleteFrom: null);
    }

    private async Task<string?> AskAsync(string messageId, CancellationToken cancellationToken)
    {
        // Messages are named with their brackets in some APIs and without in others; the address says which.
        var address = options.Value.HttpUrl!.Replace("{messageId}", Uri.EscapeDataString(messageId), StringComparison.Ordinal);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (options.Value.HttpAuthorization is { } authorization) request.Headers.Authorization = AuthenticationHeaderValue.Parse(authorization);
        using var response = await clients.CreateClient(Client).SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound) return null;
        response.EnsureSuccessStatusCode();
        var body = (await response.Content.ReadAsStringAsync(cancellationToken)).Trim();
        return body is "" or "[]" or "null" ? null : $"found at {new Uri(address).GetLeftPart(UriPartial.Authority)}";
    }
}
