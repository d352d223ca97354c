using System.Text;
using Crm.Customer.Domain.Privacy;
using Crm.Customer.Features.Privacy;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using static Crm.Customer.Tests.CustomerHost;

namespace Crm.Customer.Tests.Features;

public sealed class SubjectKeyTests(CustomerHost host) : IClassFixture<CustomerHost>
{
    /// <summary>Tables that hold what people write about a customer.</summary>
    private static readonly string[] Written = ["timeline_entries", "mentions", "activities", "agreements", "customer_files"];

    [Fact]
    public async Task What_is_written_about_a_person_is_in_no_table_as_it_was_written_and_is_read_by_whoever_may()
    {
        var planted = "zq" + NewId().ToString("N")[20..];
        var reader = TestKeys.Person(Roles.SalesRep);
        var id = await host.RegisterIdAsync(new { displayName = "Written about" });
        var file = await WriteAsync(id, planted, reader);
        Assert.Empty(await TablesWithAsync(planted));

        Assert.Equal("Likes " + planted, await NoteAsync(id));
        Assert.Equal("Likes " + planted, (await host.ClientFor(reader).GetAsync("/api/customer/v1/mentions").OkJsonAsync()).GetProperty("items")[0].GetProperty("text").GetString());
        Assert.Equal("Said " + planted, (await host.GetAsync($"{Customers}/{id}/activities")).GetProperty("items")[0].GetProperty("body").GetString());
        Assert.Equal("Promised " + planted, (await host.GetAsync($"{Customers}/{id}/agreements")).GetProperty("items")[0].GetProperty("body").GetString());
        Assert.Equal("File " + planted, await host.Rep().GetStringAsync($"{Customers}/{id}/files/{file}"));
        Assert.Equal(3, (await host.ClientFor(Roles.Ops).GetStringAsync($"{Customers}/{id}/data-package")).Split(planted).Length - 1);
        var package = (await host.ClientFor(Roles.Ops).PostAsync($"{Customers}/{id}/access-packages", new { }).OkJsonAsync()).GetProperty("id").GetGuid();
        await Eventually.Holds(async () => Assert.Equal(3, (await host.ClientFor(Roles.Ops).GetStringAsync($"/api/customer/v1/access-packages/{package}/document?format=html")).Split(planted).Length - 1));
        Assert.Empty(await TablesWithAsync(planted));
    }

    [Fact]
    public async Task The_words_of_notes_are_found_over_all_pages_although_they_are_sealed()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Much noted" });
        for (var i = 0; i < 7; i++) await host.Rep().PostAsync($"{Customers}/{id}/notes", new { text = i % 3 == 0 ? $"Wants a REFUND {i}" : $"Called {i}" }).OkJsonAsync();
        var path = $"{Customers}/{id}/timeline?q=refund&limit=2";
        var first = await host.GetAsync(path);
        var second = await host.GetAsync($"{path}&cursor={Uri.EscapeDataString(first.GetProperty("nextCursor").GetString()!)}");
        string[] found = [.. first.GetProperty("items").EnumerateArray().Concat(second.GetProperty("items").EnumerateArray()).Select(item => item.GetProperty("args").GetProperty("text").GetString()!)];
        Assert.Equal(["Wants a REFUND 6", "Wants a REFUND 3", "Wants a REFUND 0"], found);
    }

    [Fact]
    public async Task What_a_backup_brings_back_of_an_erased_person_cannot_be_read_by_anybody()
    {
        var planted = "zr" + NewId().ToString("N")[20..];
        var reader = TestKeys.Person(Roles.SalesRep);
        var id = await host.RegisterIdAsync(new { displayName = "To be forgotten" });
        var absorbed = await host.RegisterIdAsync(new { displayName = "Twin" });
        await host.Rep().PostAsync($"{Customers}/{absorbed}/notes", new { text = "Twin likes " + planted }).OkJsonAsync();
        await host.Rep().PostAsync("/api/customer/v1/customer-merges", new { survivorId = id, survivorVersion = 1, absorbedId = absorbed, absorbedVersion = 1 }).OkJsonAsync();
        var file = await WriteAsync(id, planted, reader);
        var other = await host.RegisterIdAsync(new { displayName = "Somebody else" });
        await host.Rep().PostAsync($"{Customers}/{other}/notes", new { text = "Stays" }).OkJsonAsync();
        Assert.Equal(2, (await host.TimelineAsync(id)).Count(entry => entry.GetProperty("args").ToString().Contains(planted, StringComparison.Ordinal)));

        foreach (var table in Written) await ExecuteAsync($"CREATE TABLE backup_{table} AS SELECT * FROM {table} WHERE customer_id = '{id}'");
        await host.ClientFor(Roles.Ops).PostAsync($"{Customers}/{id}/privacy-requests", new { kind = "erasure", verifiedBy = "ID card shown" }).OkJsonAsync();
        await Eventually.Holds(async () => Assert.Equal((404, "customer.not_found", null), await host.Rep().GetAsync($"{Customers}/{id}").ProblemAsync()));
        await Eventually.Holds(async () => Assert.Equal(0, await KeysAsync(id, absorbed)));
        await ExecuteAsync($"UPDATE customers SET erased_at = NULL, display_name = 'Back' WHERE id = '{id}'");
        foreach (var table in Written) await ExecuteAsync($"INSERT INTO {table} SELECT * FROM backup_{table}");

        var notes = (await host.TimelineAsync(id)).Where(entry => entry.GetProperty("kind").GetString() == "note.added").Select(entry => entry.GetProperty("args").GetProperty("text").GetString()!).ToArray();
        Assert.Equal(["", ""], notes);
        Assert.Equal("", (await host.GetAsync($"{Customers}/{id}/activities")).GetProperty("items")[0].GetProperty("body").GetString());
        Assert.Equal((404, "customer.file_not_found", null), await host.Rep().GetAsync($"{Customers}/{id}/files/{file}").ProblemAsync());
        Assert.DoesNotContain(planted, await host.ClientFor(Roles.Ops).GetStringAsync($"{Customers}/{id}/data-package"), StringComparison.Ordinal);
        Assert.Equal("Stays", await NoteAsync(other));
    }

    [Fact]
    public async Task A_note_follows_its_customer_through_a_merge_and_back_and_is_read_all_the_way()
    {
        var survivor = await host.RegisterIdAsync(new { displayName = "Survivor" });
        var absorbed = await host.RegisterIdAsync(new { displayName = "Absorbed" });
        var merge = await host.Rep().PostAsync("/api/customer/v1/customer-merges", new { survivorId = survivor, survivorVersion = 1, absorbedId = absorbed, absorbedVersion = 1 }).OkJsonAsync();
        await host.Rep().PostAsync($"{Customers}/{absorbed}/notes", new { text = "Said while they were one" }).OkJsonAsync();
        Assert.Equal("Said while they were one", await NoteAsync(survivor));
        await host.ClientFor(Roles.SalesManager).PostAsync($"/api/customer/v1/customer-merges/{merge.GetProperty("id").GetGuid()}/undo", new { }).OkJsonAsync();
        Assert.Equal("Said while they were one", await NoteAsync(absorbed));
    }

    [Fact]
    public async Task What_was_written_before_there_were_keys_stays_readable_and_without_their_database_nothing_is_sealed()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Known for long" });
        await ExecuteAsync($$"""INSERT INTO timeline_entries (customer_id, occurred_at, entry_id, kind, source_service, subject_ref, args) VALUES ('{{id}}', now(), '{{NewId()}}', 'note.added', 'customer', '', '{"text": "Plain"}')""");
        Assert.Equal("Plain", await NoteAsync(id));

        await using var without = Keys(null);
        Assert.Equal("Plain", await without.SealAsync(id, id, "text", "Plain", CancellationToken.None));
        Assert.Throws<InvalidOperationException>(() => Keys(host.Servers.Postgres));
        await using var unreachable = Keys("Host=127.0.0.1;Port=1;Database=keys;Timeout=1");
        var refused = await Assert.ThrowsAsync<Crm.ServiceDefaults.Errors.ErrorException>(() => unreachable.SealAsync(id, id, "text", "Not to be lost in the clear", CancellationToken.None));
        Assert.Equal("customer.subject_keys_unavailable", refused.Error.Code);
    }

    [Fact]
    public async Task What_was_written_before_there_were_keys_is_sealed_at_the_next_start()
    {
        var planted = "zs" + NewId().ToString("N")[20..];
        var reader = TestKeys.Person(Roles.SalesRep);
        var id = await host.RegisterIdAsync(new { displayName = "Known for long" });
        var file = await WriteAsync(id, planted, reader);
        await ExecuteAsync(
            $"""
            UPDATE timeline_entries SET args = jsonb_set(args, '{"{"}text{"}"}', '"Likes {planted}"') WHERE customer_id = '{id}' AND kind = 'note.added';
            UPDATE mentions SET text = 'Likes {planted}' WHERE customer_id = '{id}';
            UPDATE activities SET body = 'Said {planted}' WHERE customer_id = '{id}';
            UPDATE agreements SET body = 'Promised {planted}' WHERE customer_id = '{id}';
            UPDATE customer_files SET content = convert_to('File {planted}', 'UTF8'), is_sealed = false WHERE customer_id = '{id}';
            INSERT INTO activities (id, customer_id, kind, status, subject, starts_at, owner, owner_name, changed_at)
            SELECT gen_random_uuid(), '{id}', 'call', 'open', 'Without a body', '2026-01-04T10:00:00Z', 'x', 'X', now();
            """);
        Assert.Equal(Written.Order(), (await TablesWithAsync(planted)).Order());

        // Two replicas that start at once.
        var replicas = Enumerable.Range(0, 2).Select(_ => ActivatorUtilities.CreateInstance<EarlierTexts>(host.Services)).ToArray();
        await Task.WhenAll(replicas.Select(replica => replica.SealAsync(CancellationToken.None)));

        Assert.Empty(await TablesWithAsync(planted));
        Assert.Equal("Likes " + planted, await NoteAsync(id));
        Assert.Equal("Likes " + planted, (await host.ClientFor(reader).GetAsync("/api/customer/v1/mentions").OkJsonAsync()).GetProperty("items")[0].GetProperty("text").GetString());
        Assert.Equal([null, "Said " + planted], (await host.GetAsync($"{Customers}/{id}/activities")).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("body").GetString()).Order(StringComparer.Ordinal));
        Assert.Equal("Promised " + planted, (await host.GetAsync($"{Customers}/{id}/agreements")).GetProperty("items")[0].GetProperty("body").GetString());
        Assert.Equal("File " + planted, await host.Rep().GetStringAsync($"{Customers}/{id}/files/{file}"));
        Assert.Equal(0, await replicas[0].SealAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Replicas_that_begin_at_once_make_one_table_and_one_key()
    {
        var name = "customer_keys_" + NewId().ToString("N")[16..];
        await ExecuteAsync($"CREATE DATABASE {name}");
        var replicas = Enumerable.Range(0, 6).Select(_ => Keys(new NpgsqlConnectionStringBuilder(host.Servers.Postgres) { Database = name }.ConnectionString)).ToArray();
        try
        {
            var (owner, row) = (NewId(), NewId());
            var values = await Task.WhenAll(replicas.Select((replica, i) => replica.SealAsync(owner, row, "text", "Said " + i, CancellationToken.None)));
            var reader = replicas[0].Open();
            for (var i = 0; i < values.Length; i++) Assert.Equal("Said " + i, await reader.TextAsync(values[i], row, "text", CancellationToken.None));
        }
        finally
        {
            foreach (var replica in replicas) await replica.DisposeAsync();
            await ExecuteAsync($"DROP DATABASE {name} WITH (FORCE)");
        }
    }

    private SubjectKeys Keys(string? connection) => new(
            new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["ConnectionStrings:postgres"] = host.Servers.Postgres, ["ConnectionStrings:subject-keys"] = connection }).Build(),
            host.Services.GetRequiredService<PrivacyKeys>(), TimeProvider.System, NullLogger<SubjectKeys>.Instance);

    private async Task<Guid> WriteAsync(Guid id, string planted, Actor mentioned)
    {
        await host.Rep().PostAsync($"{Customers}/{id}/notes", new { text = "Likes " + planted, mentions = new[] { mentioned.Subject } }).OkJsonAsync();
        await host.Rep().PostAsync($"{Customers}/{id}/activities", new { kind = "call", subject = "Call", body = "Said " + planted, startsAt = "2026-01-05T10:00:00Z" }).OkJsonAsync();
        await host.Rep().PostAsync($"{Customers}/{id}/agreements", new { title = "Agreed", body = "Promised " + planted, tasks = new[] { new { unit = "store", title = "Call" } } }).OkJsonAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Customers}/{id}/files?name=a.txt") { Content = new ByteArrayContent(Encoding.UTF8.GetBytes("File " + planted)) };
        request.Content.Headers.ContentType = new("application/octet-stream");
        request.Headers.Add("Idempotency-Key", NewId().ToString());
        return (await host.Rep().SendAsync(request).OkJsonAsync()).GetProperty("id").GetGuid();
    }

    private async Task<string?> NoteAsync(Guid id) => (await host.TimelineAsync(id)).First(entry => entry.GetProperty("kind").GetString() == "note.added").GetProperty("args").GetProperty("text").GetString();

    private async Task<long> KeysAsync(params Guid[] ids)
    {
        await using var database = NpgsqlDataSource.Create(host.Keys);
        await using var command = database.CreateCommand("SELECT count(*) FROM subject_keys WHERE customer_id = ANY($1)");
        command.Parameters.Add(new() { Value = ids });
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = host.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Tables of the database that have the text, as text or as bytes.</summary>
    private async Task<List<string>> TablesWithAsync(string text)
    {
        var found = new List<string>();
        await using var names = host.Database.CreateCommand("SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')");
        var tables = new List<string>();
        await using (var reader = await names.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync()) tables.Add(reader.GetString(0));
        }

        foreach (var table in tables)
        {
            await using var command = host.Database.CreateCommand($"SELECT EXISTS (SELECT FROM {table} t WHERE t::text ILIKE '%' || $1 || '%' OR t::text LIKE '%' || encode(convert_to($1, 'UTF8'), 'hex') || '%')");
            command.Parameters.Add(new() { Value = text });
            if ((bool)(await command.ExecuteScalarAsync())!) found.Add(table);
        }

        return found;
    }
}
