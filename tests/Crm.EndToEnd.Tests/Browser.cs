using System.Text.Json;
using Crm.Testing;
using Microsoft.Playwright;

namespace Crm.EndToEnd.Tests;

/// <summary>A person at a real browser (Debian's Chromium), signed in through the pages.</summary>
public sealed class Browser : IAsyncDisposable
{
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Browser(IPlaywright playwright, IBrowser browser, IPage page) => (_playwright, _browser, Page) = (playwright, browser, page);

    public IPage Page { get; }

    public static async Task<Browser> OpenAsync()
    {
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        return new Browser(playwright, browser, await (await browser.NewContextAsync(new BrowserNewContextOptions
        {
            Locale = "id-ID",
            UserAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", // a person's: its own says Headless, which the bot filter takes for a program
        })).NewPageAsync());
    }

    /// <summary>Signs in with the form of the identity provider, as the gateway sends everybody there.</summary>
    public async Task SignInAsync(Platform platform, string userName)
    {
        var (name, password) = platform.SignIn(userName);
        await Page.GotoAsync(platform.Gateway + "/");
        await Page.Locator("input[type=text], input[name=userName], input[name=username]").First.FillAsync(name);
        await Page.Locator("input[type=password]").FillAsync(password);
        await Page.Locator("button[type=submit]").ClickAsync();
        await Page.WaitForURLAsync(platform.Gateway + "/**");
    }

    /// <summary>A request as a page of the console makes it: with the session's cookie, the CSRF header and an idempotency key.</summary>
    public async Task<JsonElement> ApiAsync(string method, string path, object? body = null, long? version = null)
    {
        var (status, json) = await TryApiAsync(method, path, body, version);
        return status is >= 200 and < 300 ? json : throw new InvalidOperationException($"{method} {path}: {status} {json}");
    }

    public async Task<(int Status, JsonElement Body)> TryApiAsync(string method, string path, object? body = null, long? version = null)
    {
        var answer = await Page.EvaluateAsync<JsonElement>(
            """
            async ([method, path, body, version]) => {
              const headers = { 'X-CSRF': '1' };
              if (method === 'POST') headers['Idempotency-Key'] = crypto.randomUUID();
              if (body !== null) headers['Content-Type'] = 'application/json';
              if (version !== null) headers['If-Match'] = `"${version}"`;
              const response = await fetch(path, { method, headers, body: body });
              const text = await response.text();
              return { status: response.status, body: text ? JSON.parse(text) : null };
            }
            """,
            new object?[] { method, path, body is null ? null : JsonSerializer.Serialize(body, JsonSerializerOptions.Web), version });
        return (answer.GetProperty("status").GetInt32(), answer.GetProperty("body"));
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.CloseAsync();
        _playwright.Dispose();
    }
}
