using System.Collections.Concurrent;
using System.Net;
using Crm.OutboundHttp;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.LinkChecks;

/// <param name="Verdict">ok, broken (the answer says so), unreachable, or refused: an address that is not asked from here.</param>
public sealed record LinkVerdict(string Url, string Verdict, string Detail);

/// <summary>
/// Asks the targets of links whether they are there. Targets are what authors wrote, so the requests are guarded: the address is judged when the
/// connection is made, for every redirect anew; https on its own port only; no cookies, no proxy, no body read; bounded in time, header size and number.
/// </summary>
internal sealed class LinkChecker : IDisposable
{
    private const int Parallel = 8;
    private const int MaxRedirects = 3;
    private readonly HttpClient _http;
    private readonly LinkCheckOptions _options;
    private readonly TimeProvider _time;
    private readonly bool _allowPrivate;

    public LinkChecker(IOptions<LinkCheckOptions> options, IHostEnvironment environment, TimeProvider time)
    {
        (_options, _time) = (options.Value, time);
        _allowPrivate = _options.AllowPrivate && !environment.IsProduction();
        var handler = OutboundConnections.Handler(_allowPrivate ? Reach.Anywhere : Reach.Public);
        (handler.MaxResponseHeadersLength, handler.MaxResponseDrainSize, handler.PooledConnectionIdleTimeout) = (64, 0, TimeSpan.FromSeconds(5));
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("CrmPlatform-LinkCheck/1.0");
    }

    public async Task<IReadOnlyList<LinkVerdict>> CheckAsync(IReadOnlyList<string> urls, CancellationToken cancellationToken)
    {
        var verdicts = new ConcurrentDictionary<string, LinkVerdict>(StringComparer.Ordinal);
        await System.Threading.Tasks.Parallel.ForEachAsync(
            urls.Distinct().Take(_options.MaxLinks), new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellationToken },
            async (url, cancelled) => verdicts[url] = await CheckAsync(url, cancelled));
        return [.. urls.Distinct().Select(url => verdicts.GetValueOrDefault(url) ?? new LinkVerdict(url, "unreachable", $"Not looked at: only the first {_options.MaxLinks} are."))];
    }

    public void Dispose() => _http.Dispose();

    private async Task<LinkVerdict> CheckAsync(string url, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.Timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await FollowAsync(url, both.Token);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException && !cancellationToken.IsCancellationRequested)
        {
            var refusal = Refusal(exception);
            return refusal is not null ? new LinkVerdict(url, "refused", "Its address is not on the public internet.")
                : new LinkVerdict(url, "unreachable", limit.IsCancellationRequested ? $"No answer in {_options.Timeout.TotalSeconds:0.#} s." : exception.Message);
        }
    }

    private async Task<LinkVerdict> FollowAsync(string url, CancellationToken cancellationToken)
    {
        var target = new Uri(url);
        for (var hop = 0; hop <= MaxRedirects; hop++)
        {
            if (WhyNot(target) is { } reason) return new LinkVerdict(url, "refused", reason);
            var (status, location) = await AskAsync(HttpMethod.Head, target, cancellationToken);

            // Many servers answer HEAD with something else than GET; only GET is what people do.
            if ((int)status >= 400) (status, location) = await AskAsync(HttpMethod.Get, target, cancellationToken);
            if ((int)status is < 300 or 304) return new LinkVerdict(url, "ok", Text(status));
            if ((int)status >= 400 || location is null) return new LinkVerdict(url, "broken", Text(status));
            if (!Uri.TryCreate(target, location, out var next)) return new LinkVerdict(url, "broken", "It redirects to no address.");
            target = next;
        }

        return new LinkVerdict(url, "broken", $"It redirects more than {MaxRedirects} times.");
    }

    private async Task<(HttpStatusCode Status, Uri? Location)> AskAsync(HttpMethod method, Uri target, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, target);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return (response.StatusCode, response.Headers.Location);
    }

    private string? WhyNot(Uri target) =>
        target.Scheme is not ("http" or "https") || target.UserInfo.Length > 0 ? "It leads to no web page."
        : _allowPrivate ? null
        : target.Scheme != "https" ? "Only https is asked."
        : target.Port != 443 ? "Only the port of https is asked."
        : null;

    private static RefusedAddressException? Refusal(Exception? exception) => exception switch
    {
        null => null,
        RefusedAddressException refused => refused,
        _ => Refusal(exception.InnerException),
    };

    private static string Text(HttpStatusCode status) => $"{(int)status} {status}";
}
