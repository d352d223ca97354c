using System.Net;

namespace Crm.Gateway.Tests;

/// <summary>
/// Cookies and redirects by hand: .NET's cookie container would not send Secure cookies to http://localhost, as browsers do, and the
/// tests look at every step.
/// </summary>
internal sealed class Browser(string origin)
{
    private readonly Dictionary<string, (string Value, string Path)> _cookies = [];

    public string? this[string cookie]
    {
        get => _cookies.TryGetValue(cookie, out var entry) ? entry.Value : null;
        set
        {
            if (value is null) _cookies.Remove(cookie);
            else _cookies[cookie] = (value, "/");
        }
    }

    public string Origin => origin;

    /// <summary>Attributes of the session cookie as it was set last.</summary>
    public string SessionCookieAttributes { get; private set; } = "";

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string url, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        var target = new Uri(new Uri(origin), url);
        using var request = new HttpRequestMessage(method, target) { Content = content };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        if (target.GetLeftPart(UriPartial.Authority) == origin)
        {
            var sent = _cookies.Where(cookie => target.AbsolutePath.StartsWith(cookie.Value.Path, StringComparison.Ordinal)).Select(cookie => $"{cookie.Key}={cookie.Value.Value}");
            var header = string.Join("; ", sent);
            if (header.Length > 0) request.Headers.TryAddWithoutValidation("Cookie", header);
        }

        var response = await RunningProgram.Http.SendAsync(request);
        if (target.GetLeftPart(UriPartial.Authority) == origin && response.Headers.TryGetValues("Set-Cookie", out var cookies))
        {
            foreach (var cookie in cookies) Keep(cookie);
        }

        return response;
    }

    public Task<HttpResponseMessage> GetAsync(string url, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, url, null, headers);

    /// <summary>POST as our own pages send it.</summary>
    public Task<HttpResponseMessage> PostAsync(string url, HttpContent? content = null) => SendAsync(HttpMethod.Post, url, content, ("X-CSRF", "1"), ("Origin", origin));

    /// <summary>Up to the form; returns its address at the provider.</summary>
    public async Task<string> BeginSignInAsync(string returnUrl = "/")
    {
        using var response = await GetAsync("/signin?returnUrl=" + Uri.EscapeDataString(returnUrl));
        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        return response.Headers.Location!.ToString();
    }

    /// <summary>Fills the form; returns the address of the callback with the code.</summary>
    public async Task<string> EnterPasswordAsync(string form, string userName, string password)
    {
        using var content = new FormUrlEncodedContent([new("userName", userName), new("password", password)]);
        using var response = await SendAsync(HttpMethod.Post, form, content);
        return response.StatusCode == HttpStatusCode.SeeOther
            ? response.Headers.Location!.ToString()
            : throw new InvalidOperationException($"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
    }

    /// <summary>The whole way; returns where it ended.</summary>
    public async Task<string> SignInAsync(string userName, string password, string returnUrl = "/")
    {
        var callback = await EnterPasswordAsync(await BeginSignInAsync(returnUrl), userName, password);
        using var response = await GetAsync(callback);
        return response.StatusCode == HttpStatusCode.Found
            ? response.Headers.Location!.ToString()
            : throw new InvalidOperationException($"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
    }

    private void Keep(string cookie)
    {
        var parts = cookie.Split(';', 2);
        var pair = parts[0].Split('=', 2);
        var attributes = parts.Length > 1 ? parts[1] : "";
        if (pair[0] == "__Host-crm") SessionCookieAttributes = attributes.ToLowerInvariant();
        var path = attributes.Split(';').Select(attribute => attribute.Trim()).FirstOrDefault(attribute => attribute.StartsWith("path=", StringComparison.OrdinalIgnoreCase));
        if (pair[1].Length == 0 || attributes.Contains("1970", StringComparison.Ordinal)) _cookies.Remove(pair[0]);
        else _cookies[pair[0]] = (pair[1], path?[5..] ?? "/");
    }
}
