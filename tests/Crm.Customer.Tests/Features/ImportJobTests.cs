using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using static Crm.Customer.Tests.CustomerHost;

namespace Crm.Customer.Tests.Features;

public sealed class ImportJobTests(CustomerHost host) : IClassFixture<CustomerHost>
{
    private const string Jobs = "/api/customer/v1/import-jobs";

    [Fact]
    public async Task A_job_imports_good_rows_and_its_error_file_names_the_others()
    {
        var source = Unique("job");
        var job = await FinishAsync(await StartAsync(source, "sourceId,displayName,email\r\n1,Good,a@example.com\n2,,\n3,Bad mail,nobody\n\"4,5\",\"=Bad \"\"quoted\",nobody\n6,Ok,\n"));
        Assert.Equal(("done", 5, 2, 3), (Text(job, "state"), job.GetProperty("received").GetInt32(), job.GetProperty("created").GetInt32(), job.GetProperty("rejected").GetInt32()));
        Assert.Equal(job.GetProperty("size").GetInt64(), job.GetProperty("bytesRead").GetInt64());
        var file = await (await host.Rep().GetAsync($"{Jobs}/{Id(job)}/problems.csv")).Content.ReadAsStringAsync();
        Assert.Equal(
            "row,sourceId,code,field,message\r\n3,2,customer.name_required,displayName,A customer needs a name to be called by.\r\n" +
            "4,3,customer.email_invalid,email,This is not an e-mail address.\r\n5,\"4,5\",customer.email_invalid,email,This is not an e-mail address.\r\n",
            file);
    }

    [Fact]
    public async Task A_dry_run_counts_and_the_same_file_again_changes_nothing_and_is_told()
    {
        var source = Unique("job");
        const string file = "sourceId,displayName\n1,One\n2,Two\n1,One\n2,Two again\n3,\n";
        var dry = await FinishAsync(await StartAsync(source, file, "&dryRun=true"));
        Assert.Equal((5, 2, 1, 1, 1), Counts(dry));
        var first = await FinishAsync(await StartAsync(source, file));
        Assert.Equal((5, 2, 1, 1, 1), Counts(first));
        var again = await FinishAsync(await StartAsync(source, "sourceId,displayName\n1,One\n2,Two again\n"));
        Assert.Equal((2, 0, 0, 2, 0), Counts(again));
        var same = await StartAsync(source, file);
        Assert.Equal(Id(first), same.GetProperty("sameFileAs").GetGuid());
        await FinishAsync(same);
    }

    [Fact]
    public async Task A_mapping_is_remembered_and_a_column_can_be_left_out()
    {
        var source = Unique("job");
        var mapping = new Dictionary<string, string?> { ["Kode"] = "sourceId", ["Nama"] = "displayName", ["HP"] = "phone", ["Gaji"] = null };
        (await host.Rep().PutAsJsonAsync($"/api/customer/v1/import-mappings/{source}", mapping)).EnsureSuccessStatusCode();
        var job = await FinishAsync(await StartAsync(source, "Kode;Nama;Gaji;HP\n7;Sri;5000;0812 3456 7890\n"));
        Assert.Equal((1, 1, 0, 0, 0), Counts(job));
        Assert.Equal("+6281234567890", Text(await FindAsync(source, "7"), "phone"));
        Assert.Equal(
            (400, "customer.import_mapping_invalid", "Nama"),
            await host.Rep().PutAsJsonAsync($"/api/customer/v1/import-mappings/{source}", new Dictionary<string, string?> { ["Nama"] = "password" }).ProblemAsync());
    }

    [Theory]
    [InlineData("sourceId,email\n1,a@example.com", "customer.import_column_missing")]
    [InlineData("sourceId,displayName,salary\n1,A,5", "customer.import_column_unknown")]
    public async Task A_file_with_a_wrong_header_fails_with_its_code(string file, string code)
    {
        var job = await FinishAsync(await StartAsync(Unique("job"), file));
        Assert.Equal(("failed", code), (Text(job, "state"), Text(job, "errorCode")));
    }

    [Fact]
    public async Task An_undo_trashes_what_was_made_restores_what_was_changed_and_keeps_later_edits()
    {
        var source = Unique("job");
        await FinishAsync(await StartAsync(source, "sourceId,displayName,email,city\n1,Old name,old@example.com,Solo\n"));
        var known = (await FindAsync(source, "1")).GetProperty("id").GetGuid();
        var job = await FinishAsync(await StartAsync(source, "sourceId,displayName,email,city,marketingConsents\n1,New name,new@example.com,Medan,\n2,Fresh,,,email\n3,Edited,,,\n"));
        Assert.Equal((3, 2, 1, 0, 0), Counts(job));
        var (fresh, edited) = (await IdAsync(source, "2"), await IdAsync(source, "3"));
        await host.Rep().PutAsync($"{Customers}/{known}", new { displayName = "New name", email = "later@example.com", address = new { city = "Medan" } }, 2).OkJsonAsync();
        await host.Rep().PutAsync($"{Customers}/{edited}", new { displayName = "Edited by hand" }, 1).OkJsonAsync();

        await host.Rep().PostAsync($"{Jobs}/{Id(job)}/undo", new { }).OkJsonAsync();
        var undone = await FinishAsync(job, "undone");
        Assert.Equal((2, 1), (undone.GetProperty("undone").GetInt32(), undone.GetProperty("undoKept").GetInt32()));
        var restored = await host.GetAsync($"{Customers}/{known}");
        Assert.Equal(("Old name", "later@example.com", "Solo"), (Text(restored, "displayName"), Text(restored, "email"), Text(restored.GetProperty("address"), "city")));
        Assert.Equal("Edited by hand", Text(await host.GetAsync($"{Customers}/{edited}"), "displayName"));
        Assert.DoesNotContain(fresh, await SearchAsync(source));
        Assert.Contains(edited, await SearchAsync(source));
        Assert.All((await host.GetAsync($"{Customers}/{fresh}")).GetProperty("consents").EnumerateArray(), consent => Assert.False(consent.GetProperty("granted").GetBoolean()));
        Assert.Equal((422, "customer.import_not_undoable", null), await host.Rep().PostAsync($"{Jobs}/{Id(job)}/undo", new { }).ProblemAsync());

        await host.Rep().PostAsync($"{Customers}/{fresh}/restore", new { }).OkJsonAsync();
        Assert.Contains(fresh, await SearchAsync(source));
        Assert.Equal((422, "customer.not_in_trash", null), await host.Rep().PostAsync($"{Customers}/{fresh}/restore", new { }).ProblemAsync());
    }

    [Fact]
    public async Task A_job_that_was_cut_off_goes_on_behind_its_last_committed_row()
    {
        var source = Unique("job");
        var file = "sourceId,displayName\n" + string.Concat(Enumerable.Range(1, 2500).Select(i => i % 500 == 0 ? $"{i},\n" : $"{i},Customer {i}\n"));
        // As a crash leaves it: a thousand and two rows (two of them wrong) are committed, and nobody holds the job.
        var id = NewId();
        await using (var insert = host.Database.CreateCommand(
            """
            WITH job AS (
                INSERT INTO import_jobs (id, source, dry_run, state, size, sha256, started_by, created_at, changed_at, rows_read, received, created, rejected)
                VALUES ($1, $2, false, 'running', $3, '', 'user-1', now(), now(), 1002, 1002, 1000, 2) RETURNING id)
            INSERT INTO import_chunks SELECT id, n, substring($4 FROM n * 4096 + 1 FOR 4096) FROM job, generate_series(0, $3 / 4096) n
            """))
        {
            var bytes = Encoding.UTF8.GetBytes(file);
            foreach (var value in new object[] { id, source, bytes.Length, bytes }) insert.Parameters.Add(new() { Value = value });
            await insert.ExecuteNonQueryAsync();
        }

        var job = JsonSerializer.SerializeToElement(new { id });
        var done = await FinishAsync(job);
        Assert.Equal((2500, 2495, 0, 0, 5), Counts(done));
        await using var command = host.Database.CreateCommand($"SELECT count(*) FROM customers WHERE source = '{source}'");
        Assert.Equal(1495L, await command.ExecuteScalarAsync()); // the first thousand were never written here: nothing is read twice
    }

    [Fact]
    public async Task An_export_quotes_formulas_and_can_be_imported_again()
    {
        var source = Unique("exp");
        await FinishAsync(await StartAsync(source, "sourceId,displayName,phone,tags\n1,\"=HYPERLINK(\"\"x\"\")\",0812 1111 2222,b;a\n2,@cmd,,\n3,＝1+1,,\n4,\"Tab, comma\",,\n"));
        var filter = Uri.EscapeDataString($$"""{"field":"source","op":"eq","value":"{{source}}"}""");
        var manager = host.ClientFor(Roles.SalesManager);
        var csv = await (await manager.GetAsync($"/api/customer/v1/customer-exports?filter={filter}")).Content.ReadAsStringAsync();
        string[] lines = [.. csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).OrderBy(line => line.StartsWith('s') ? "" : line, StringComparer.Ordinal)];
        Assert.Equal(5, lines.Length);
        Assert.StartsWith("1,\"'=HYPERLINK(\"\"x\"\")\",,,,'+6281211112222,id,Asia/Jakarta,", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("2,'@cmd,", lines[2], StringComparison.Ordinal);
        Assert.StartsWith("3,'＝1+1,", lines[3], StringComparison.Ordinal);

        var copy = Unique("copy");
        await FinishAsync(await StartAsync(copy, csv));
        var one = await FindAsync(copy, "1");
        Assert.Equal(("=HYPERLINK(\"x\")", "+6281211112222"), (Text(one, "displayName"), Text(one, "phone")));
        var json = await (await manager.GetAsync($"/api/customer/v1/customer-exports?format=json&filter={filter}")).Content.ReadAsStringAsync();
        Assert.Equal(4, json.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line).GetProperty("id").GetGuid()).Distinct().Count());
        Assert.Equal(HttpStatusCode.Forbidden, (await host.Rep().GetAsync("/api/customer/v1/customer-exports")).StatusCode);
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static Guid Id(JsonElement job) => job.GetProperty("id").GetGuid();

    private static (int, int, int, int, int) Counts(JsonElement job) => (
        job.GetProperty("received").GetInt32(), job.GetProperty("created").GetInt32(), job.GetProperty("updated").GetInt32(),
        job.GetProperty("unchanged").GetInt32(), job.GetProperty("rejected").GetInt32());

    private async Task<JsonElement> StartAsync(string source, string file, string query = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Jobs}?source={source}{query}") { Content = new StringContent(file, Encoding.UTF8, "text/csv") };
        request.Headers.Add("Idempotency-Key", NewId().ToString());
        return await host.Rep().SendAsync(request).OkJsonAsync();
    }

    private async Task<JsonElement> FinishAsync(JsonElement job, string? state = null)
    {
        JsonElement now = default;
        await Eventually.Holds(async () =>
        {
            now = await host.GetAsync($"{Jobs}/{Id(job)}");
            Assert.Contains(Text(now, "state"), state is null ? ["done", "failed"] : new[] { state });
        });
        return now;
    }

    private async Task<Guid> IdAsync(string source, string sourceId)
    {
        await using var command = host.Database.CreateCommand($"SELECT id FROM customers WHERE source = '{source}' AND source_id = '{sourceId}'");
        return (Guid)(await command.ExecuteScalarAsync())!;
    }

    private async Task<JsonElement> FindAsync(string source, string sourceId) => await host.GetAsync($"{Customers}/{await IdAsync(source, sourceId)}");

    private async Task<List<Guid>> SearchAsync(string source) =>
    [
        .. (await host.GetAsync($"{Customers}?filter={Uri.EscapeDataString($$"""{"field":"source","op":"eq","value":"{{source}}"}""")}")).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetGuid()),
    ];
}
