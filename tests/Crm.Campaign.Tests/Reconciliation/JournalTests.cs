using System.IO.Compression;
using System.Text;
using Crm.Campaign.Reconciliation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Tests.Reconciliation;

public sealed class JournalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("journal").FullName;

    private string Log => Path.Combine(_folder, "mail.log");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_message_was_taken_once_its_queue_id_was_active_or_tried()
    {
        await File.WriteAllTextAsync(Log,
            """
            Jan  5 08:00:00 mail postfix/smtpd[11]: connect from localhost[127.0.0.1]
            Jan  5 08:00:01 mail postfix/cleanup[7]: AAAA1: message-id=<active@toko>
            Jan  5 08:00:01 mail postfix/cleanup[7]: AAAA2: message-id=<broken@toko>
            Jan  5 08:00:02 mail postfix/qmgr[8]: AAAA1: from=<promo@toko.example>, size=900, nrcpt=1 (queue active)
            Jan  5 08:00:02 mail postfix-out/cleanup[9]: 4bZQxT1: message-id=<tried@toko>
            Jan  5 08:00:03 mail postfix-out/smtp[9]: 4bZQxT1: to=<a@example.com>, relay=mx[1.2.3.4]:25, delay=1, dsn=2.0.0, status=sent (250 ok)
            Jan  5 08:00:04 mail postfix/cleanup[7]: AAAA2: message-id=<other@toko>
            Jan  5 08:00:05 mail postfix/qmgr[8]: AAAA2: from=<promo@toko.example>, size=900, nrcpt=1 (queue active)
            Jan  5 08:00:06 mail postfix/smtpd[11]: lost connection after DATA from localhost[127.0.0.1]

            """);

        var answer = await AskAsync("Asia/Jakarta", "active@toko", "broken@toko", "tried@toko", "absent@toko");

        Assert.Equal(["active@toko", "tried@toko"], answer.Taken.Keys.Order());
        Assert.Equal("relay's log: 4bZQxT1 status=sent (250 ok)", answer.Taken["tried@toko"]);
        Assert.Equal(new DateTimeOffset(2026, 1, 5, 1, 0, 0, TimeSpan.Zero), answer.CompleteFrom);
    }

    [Fact]
    public async Task Rotated_files_count_compressed_or_not_and_the_oldest_says_since_when()
    {
        await File.WriteAllTextAsync(Log, "2026-03-03T00:00:00.000001+07:00 mail postfix/qmgr[8]: 1: removed\n");
        await File.WriteAllTextAsync(Log + ".1",
            """
            2026-03-02T00:00:00.5+07:00 mail postfix/cleanup[7]: B1: message-id=<split@toko>
            2026-03-02T00:00:01.5+07:00 mail postfix/qmgr[8]: B1: from=<p@t>, size=9, nrcpt=1 (queue active)

            """);
        await using (var gzip = new GZipStream(File.Create(Log + ".2.gz"), CompressionMode.Compress))
        {
            await gzip.WriteAsync(Encoding.ASCII.GetBytes("2026-03-01T00:00:00+07:00 mail postfix/cleanup[7]: C1: message-id=<old@toko>\n2026-03-01T00:00:01+07:00 mail postfix/qmgr[8]: C1: (queue active)\n"));
        }

        await File.WriteAllTextAsync(Log + ".bak", "2020-01-01T00:00:00Z mail postfix/qmgr[8]: 1: removed\n");
        var answer = await AskAsync("UTC", "split@toko", "old@toko");

        Assert.Equal(2, answer.Taken.Count);
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.FromHours(7)), answer.CompleteFrom);
    }

    [Fact]
    public async Task An_empty_log_rules_nothing_out_and_a_missing_one_is_an_error()
    {
        await File.WriteAllTextAsync(Log, "");
        Assert.Equal(DateTimeOffset.MaxValue, (await AskAsync("UTC", "a@toko")).CompleteFrom);
        File.Delete(Log);
        await Assert.ThrowsAsync<FileNotFoundException>(() => AskAsync("UTC", "a@toko"));
    }

    [Fact]
    public async Task A_relays_http_api_is_asked_for_each_message()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var relay = builder.Build();
        relay.MapGet("/email", (HttpContext http, string id) => http.Request.Headers.Authorization != "Bearer key" ? Results.Unauthorized() : id switch
        {
            "taken+1@toko" => Results.Json(new[] { new { id = 1 } }),
            "none@toko" => Results.Json(Array.Empty<object>()),
            "gone@toko" => Results.NotFound(),
            _ => Results.StatusCode(500),
        });
        await relay.StartAsync();
        await using var services = new ServiceCollection().AddHttpClient().BuildServiceProvider();
        HttpJournal Journal(string key) => new(
            services.GetRequiredService<IHttpClientFactory>(), Options.Create(new ReconcileOptions { HttpUrl = relay.Urls.First() + "/email?id={messageId}", HttpAuthorization = key }));

        var answer = await Journal("Bearer key").FindAsync(["taken+1@toko", "none@toko", "gone@toko"], CancellationToken.None);

        Assert.Equal(["taken+1@toko"], answer.Taken.Keys);
        Assert.Null(answer.CompleteFrom);
        await Assert.ThrowsAsync<HttpRequestException>(() => Journal("Bearer key").FindAsync(["broken@toko"], CancellationToken.None));
        await Assert.ThrowsAsync<HttpRequestException>(() => Journal("Bearer wrong").FindAsync(["none@toko"], CancellationToken.None));
    }

    private Task<JournalAnswer> AskAsync(string zone, params string[] messageIds) =>
        new PostfixJournal(Options.Create(new ReconcileOptions { PostfixLog = Log, PostfixLogZone = zone }), TimeProvider.System).FindAsync(messageIds, CancellationToken.None);
}
