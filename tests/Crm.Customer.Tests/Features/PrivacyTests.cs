using Crm.Analytics.Contracts.Events.V1;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Customer.Contracts.Events.V1;
using Crm.Loyalty.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Security;
using Crm.ServiceDesk.Contracts.Events.V1;
using Crm.Testing;
using static Crm.Customer.Tests.CustomerHost;

namespace Crm.Customer.Tests.Features;

public sealed class PrivacyTests(CustomerHost host) : IClassFixture<CustomerHost>
{
    private const string Packages = "/api/customer/v1/access-packages";
    private const string Requests = "/api/customer/v1/privacy-requests";

    [Fact]
    public async Task An_erased_person_is_nowhere_in_the_database_is_certified_when_all_confirm_and_does_not_come_back_by_a_file()
    {
        var planted = "Zq" + NewId().ToString("N")[20..];
        var phone = $"+62899{Random.Shared.Next(1_000_000, 9_999_999)}";
        var source = Unique("shop");
        var id = await host.RegisterIdAsync(new
        {
            displayName = planted, givenName = planted, email = planted + "@example.com", phone, address = new { street = planted, city = planted }, tags = new[] { planted },
            source, sourceId = planted, preferences = new[] { new { name = "colour", values = new[] { planted } } }, customFields = new[] { new { name = "hobby", text = planted } },
            consents = new[] { new { channel = "email", purpose = "marketing", granted = true, noticeVersion = "v1" } },
        });
        var absorbed = await host.RegisterIdAsync(new { displayName = planted + " twin", email = "twin" + planted + "@example.com" });
        await host.Rep().PostAsync("/api/customer/v1/customer-merges", new { survivorId = id, survivorVersion = 1, absorbedId = absorbed, absorbedVersion = 1 }).OkJsonAsync();
        await host.Rep().PostAsync($"{Customers}/{id}/notes", new { text = "Likes " + planted }).OkJsonAsync();
        await host.Rep().PostAsync($"{Customers}/{id}/contact-points", new { kind = "email", value = "second" + planted + "@example.com" }).OkJsonAsync();
        await host.Rep().PostAsync($"{Customers}/{id}/agreements", new { title = "Agreed with " + planted, tasks = new[] { new { unit = "store", title = "Call " + planted } } }).OkJsonAsync();
        await CompleteAsync((await ReceiveAsync(id, "access")).GetProperty("packageId").GetGuid());
        Assert.Contains("access_package_rows", await TablesWithAsync(planted));
        var total = await CountAsync("SELECT count(*) FROM customers");

        var request = await ReceiveAsync(id, "erasure");
        var requestId = request.GetProperty("id").GetGuid();
        await Eventually.Holds(async () => Assert.Empty(await TablesWithAsync(planted)));
        Assert.Equal(total, await CountAsync("SELECT count(*) FROM customers"));
        Assert.Equal((404, "customer.not_found", null), await host.Rep().GetAsync($"{Customers}/{id}").ProblemAsync());
        Assert.Equal((404, "customer.not_found", null), await host.Rep().GetAsync($"{Customers}/{absorbed}").ProblemAsync());
        await Eventually.Holds(() =>
        {
            Assert.Equal(new[] { id, absorbed }.Order(), host.Bus.Seen<ErasureRequested>().First(message => message.RequestId == requestId).CustomerIds.Order());
            return Task.CompletedTask;
        });

        var now = TimeProvider.System.GetUtcNow();
        await host.Bus.PublishAsync(new SalesDataErased(NewId(), now, requestId, 1), NewId());
        await host.Bus.PublishAsync(new ServiceDataErased(NewId(), now, requestId, 2), NewId());
        await host.Bus.PublishAsync(new LoyaltyDataErased(NewId(), now, requestId, 3), NewId());
        await host.Bus.PublishAsync(new CampaignDataErased(NewId(), now, requestId, 4), NewId());
        await Eventually.Holds(async () => Assert.Equal(5, (await OpsAsync($"{Requests}/{requestId}")).GetProperty("confirmedBy").GetArrayLength()));
        Assert.Equal("running", (await OpsAsync($"{Requests}/{requestId}")).GetProperty("state").GetString());
        await host.Bus.PublishAsync(new AnalyticsDataErased(NewId(), now, requestId, 5), NewId());
        await Eventually.Holds(async () => Assert.Equal("done", (await OpsAsync($"{Requests}/{requestId}")).GetProperty("state").GetString()));
        var done = await OpsAsync($"{Requests}/{requestId}");
        Assert.Contains($"customer {id}", done.GetProperty("certificate").GetString(), StringComparison.Ordinal);
        Assert.Contains("The keys of what was written about the person are destroyed", done.GetProperty("certificate").GetString(), StringComparison.Ordinal);
        Assert.Equal(44, done.GetProperty("signature").GetString()!.Length);

        var import = await ImportAsync(source, $"sourceId,displayName,phone\n{planted},Back again,{phone}\nother,Somebody else,\n");
        Assert.Equal((1, 1), (import.GetProperty("created").GetInt32(), import.GetProperty("rejected").GetInt32()));
        Assert.Equal("customer.erased_before", Assert.Single(import.GetProperty("problems").EnumerateArray()).GetProperty("code").GetString());
        Assert.Equal((409, "customer.erased_before", "displayName"), await host.Rep().PostAsync(Customers, new { displayName = "Back", phone }).ProblemAsync());
        Assert.NotEqual(id, (await host.Rep().PostAsync(Customers + "?allowErased=true", new { displayName = "Back", phone }).OkJsonAsync()).GetProperty("id").GetGuid());
    }

    [Fact]
    public async Task An_access_package_holds_what_all_six_services_know_of_a_person_and_of_whom_they_absorbed()
    {
        var name = "<b>" + Unique("Akses");
        var id = await host.RegisterIdAsync(new { displayName = name });
        var absorbed = await host.RegisterIdAsync(new { displayName = name + " twin" });
        await host.Rep().PostAsync("/api/customer/v1/customer-merges", new { survivorId = id, survivorVersion = 1, absorbedId = absorbed, absorbedVersion = 1 }).OkJsonAsync();
        var package = (await ReceiveAsync(id, "access")).GetProperty("packageId").GetGuid();
        await CompleteAsync(package);

        var document = await OpsAsync($"{Packages}/{package}/document");
        Assert.True(document.GetProperty("package").GetProperty("complete").GetBoolean());
        Assert.Empty(document.GetProperty("package").GetProperty("missing").EnumerateArray());
        var services = document.GetProperty("services");
        Assert.Equal(["analytics", "campaign", "customer", "loyalty", "sales", "service"], services.EnumerateObject().Select(service => service.Name));
        Assert.Equal(2, services.GetProperty("customer").GetProperty("record").GetArrayLength());
        foreach (var service in SubjectDataStub.Services)
        {
            Assert.Equal(new[] { id, absorbed }.Order(), services.GetProperty(service).GetProperty("things").EnumerateArray().Select(row => row.GetProperty("customer_id").GetGuid()).Order());
            Assert.Single(services.GetProperty(service).GetProperty("words").EnumerateArray());
        }

        var html = await host.ClientFor(Roles.Ops).GetStringAsync($"{Packages}/{package}/document?format=html&language=id");
        Assert.Contains("Inilah semua data", html, StringComparison.Ordinal);
        Assert.Contains("<h3>Data pelanggan</h3>", html, StringComparison.Ordinal);
        Assert.Contains("<th scope=\"row\">Nama</th>", html, StringComparison.Ordinal);
        Assert.Contains("<th scope=\"row\">Internal</th><td>Tidak</td>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("display_name", html, StringComparison.Ordinal);
        Assert.Contains("<th scope=\"row\">Name</th>", await host.ClientFor(Roles.Ops).GetStringAsync($"{Packages}/{package}/document?format=html&language=en"), StringComparison.Ordinal);
        Assert.Contains("&lt;i&gt;said of loyalty", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<i>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", html, StringComparison.Ordinal);
        Assert.Equal(3, await CountAsync($"SELECT count(*) FROM access_package_downloads WHERE package_id = '{package}'"));
    }

    [Fact]
    public async Task A_service_that_breaks_off_leaves_no_half_of_its_part_is_named_as_missing_and_asked_again()
    {
        var id = await host.RegisterIdAsync(new { displayName = Unique("Putus") });
        host.Holders.BreakFor(id, "loyalty");
        var package = (await host.ClientFor(Roles.Ops).PostAsync($"{Customers}/{id}/access-packages", new { }).OkJsonAsync()).GetProperty("id").GetGuid();
        await Eventually.Holds(async () =>
        {
            var sources = (await OpsAsync($"{Packages}/{package}")).GetProperty("sources").EnumerateArray().ToDictionary(source => source.GetProperty("service").GetString()!);
            Assert.Equal(5, sources.Values.Count(source => source.GetProperty("gatheredAt").ValueKind == System.Text.Json.JsonValueKind.String));
            Assert.Equal("Unavailable", sources["loyalty"].GetProperty("lastFailure").GetString());
        });
        var document = await OpsAsync($"{Packages}/{package}/document");
        Assert.False(document.GetProperty("package").GetProperty("complete").GetBoolean());
        Assert.Equal("loyalty", Assert.Single(document.GetProperty("package").GetProperty("missing").EnumerateArray()).GetString());
        Assert.False(document.GetProperty("services").TryGetProperty("loyalty", out _));
        Assert.Contains("role=\"alert\"><li>Loyalty programme", await host.ClientFor(Roles.Ops).GetStringAsync($"{Packages}/{package}/document?format=html"), StringComparison.Ordinal);

        host.Holders.Mend(id);
        await CompleteAsync(package);
        Assert.Equal(1, (await OpsAsync($"{Packages}/{package}/document")).GetProperty("services").GetProperty("loyalty").GetProperty("things").GetArrayLength());
        Assert.Equal(403, (int)(await host.Rep().GetAsync($"{Packages}/{package}/document")).StatusCode);
        Assert.Equal((404, "customer.access_package_not_found", null), await host.ClientFor(Roles.Ops).GetAsync($"{Packages}/{id}").ProblemAsync());
        Assert.Equal((400, "customer.format_unknown", "format"), await host.ClientFor(Roles.Ops).GetAsync($"{Packages}/{package}/document?format=pdf").ProblemAsync());
    }

    [Fact]
    public async Task An_erased_person_whom_an_old_backup_brings_back_is_erased_again_also_where_the_erasure_is_unknown()
    {
        var planted = "Zr" + NewId().ToString("N")[20..];
        var email = planted + "@example.com";
        var id = await host.RegisterIdAsync(new { displayName = planted, email });
        var request = (await ReceiveAsync(id, "erasure")).GetProperty("id").GetGuid();
        await Eventually.Holds(async () => Assert.Empty(await TablesWithAsync(planted)));
        var since = Uri.EscapeDataString(TimeProvider.System.GetUtcNow().AddMinutes(-5).ToString("O"));
        var listed = (await OpsAsync($"/api/customer/v1/erasures?limit=200&since={since}")).GetProperty("items").EnumerateArray().Single(item => item.GetProperty("requestId").GetGuid() == request);

        // As a backup from before the erasure has it: the person is there, and nothing tells that they were to be forgotten.
        await RestoreAsync();
        Assert.NotEmpty(await TablesWithAsync(planted));
        var body = new { erasures = new[] { listed } };
        var replayed = await host.ClientFor(Roles.Ops).PostAsync("/api/customer/v1/erasure-replays", body).OkJsonAsync();
        Assert.Equal((1, 1), (replayed.GetProperty("told").GetInt32(), replayed.GetProperty("unknown").GetInt32()));
        await Eventually.Holds(async () => Assert.Empty(await TablesWithAsync(planted)));
        Assert.Equal((409, "customer.erased_before", "displayName"), await host.Rep().PostAsync(Customers, new { displayName = "Back", email }).ProblemAsync());
        Assert.Equal("running", (await OpsAsync($"{Requests}/{request}")).GetProperty("state").GetString());

        // Another service's database came back: what this one knows is told again, to all.
        var told = host.Bus.Seen<ErasureRequested>().Count(message => message.RequestId == request);
        await host.ClientFor(Roles.Ops).PostAsync("/api/customer/v1/erasure-replays", new { since = TimeProvider.System.GetUtcNow().AddMinutes(-5) }).OkJsonAsync();
        await Eventually.Holds(() =>
        {
            Assert.True(host.Bus.Seen<ErasureRequested>().Count(message => message.RequestId == request) > told);
            return Task.CompletedTask;
        });
        Assert.Equal((400, "customer.value_required", "since"), await host.ClientFor(Roles.Ops).PostAsync("/api/customer/v1/erasure-replays", new { }).ProblemAsync());
        Assert.Equal((400, "customer.erasure_replay_invalid", "erasures[0].customerIds"), await host.ClientFor(Roles.Ops).PostAsync(
            "/api/customer/v1/erasure-replays", new { erasures = new[] { new { requestId = NewId(), customerIds = Array.Empty<Guid>(), requestedAt = TimeProvider.System.GetUtcNow() } } }).ProblemAsync());

        async Task RestoreAsync()
        {
            await using var command = host.Database.CreateCommand(
                $"""
                UPDATE customers SET display_name = '{planted}', email = '{email}', erased_at = NULL WHERE id = '{id}';
                DELETE FROM erasure_confirmations WHERE request_id = '{request}';
                DELETE FROM privacy_requests WHERE id = '{request}';
                DELETE FROM erasures WHERE request_id = '{request}';
                TRUNCATE erasure_tombstones;
                """);
            await command.ExecuteNonQueryAsync();
        }
    }

    [Fact]
    public async Task A_legal_hold_stops_an_erasure_until_it_is_released()
    {
        var id = await host.RegisterIdAsync(new { displayName = Unique("Held") });
        var ops = host.ClientFor(Roles.Ops);
        var hold = await ops.PostAsync($"{Customers}/{id}/legal-holds", new { reason = "Dispute 7" }).OkJsonAsync();
        Assert.Equal((409, "customer.legal_hold", null), await ops.PostAsync($"{Customers}/{id}/privacy-requests", new { kind = "erasure", verifiedBy = "ID card" }).ProblemAsync());
        Assert.NotEqual("", (await host.GetAsync($"{Customers}/{id}")).GetProperty("displayName").GetString());
        var held = Assert.Single((await ops.GetAsync($"{Customers}/{id}/legal-holds").OkJsonAsync()).EnumerateArray());
        Assert.Equal(("Dispute 7", hold.GetProperty("id").GetGuid()), (held.GetProperty("reason").GetString(), held.GetProperty("id").GetGuid()));
        await ops.PostAsync($"/api/customer/v1/legal-holds/{hold.GetProperty("id").GetGuid()}/release", new { }).OkJsonAsync();
        Assert.Empty((await ops.GetAsync($"{Customers}/{id}/legal-holds").OkJsonAsync()).EnumerateArray());
        Assert.Equal("running", (await ReceiveAsync(id, "erasure")).GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_request_that_is_done_leaves_the_desk_and_is_listed_among_the_done_ones()
    {
        var id = await host.RegisterIdAsync(new { displayName = Unique("Done") });
        var request = (await ReceiveAsync(id, "access")).GetProperty("id").GetGuid();
        Assert.Contains(request, await IdsAsync(Requests + "?limit=200"));
        Assert.DoesNotContain(request, await IdsAsync(Requests + "?state=done&limit=200"));
        await host.ClientFor(Roles.Ops).PostAsync($"{Requests}/{request}/completion", new { outcome = "Package handed over" }).OkJsonAsync();
        Assert.DoesNotContain(request, await IdsAsync(Requests + "?limit=200"));
        Assert.Contains(request, await IdsAsync(Requests + "?state=done&limit=200"));

        async Task<Guid[]> IdsAsync(string path) => [.. (await OpsAsync(path)).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetGuid())];
    }

    [Fact]
    public async Task The_clock_is_three_days_from_receipt_and_the_most_urgent_is_listed_first()
    {
        var id = await host.RegisterIdAsync(new { displayName = Unique("Clock") });
        var received = TimeProvider.System.GetUtcNow().AddDays(-4);
        var ops = host.ClientFor(Roles.Ops);
        var late = await ops.PostAsync($"{Customers}/{id}/privacy-requests", new { kind = "access", verifiedBy = "ID card", receivedAt = received }).OkJsonAsync();
        Assert.True(late.GetProperty("overdue").GetBoolean());
        Assert.Equal(received.AddHours(72), late.GetProperty("dueAt").GetDateTimeOffset(), TimeSpan.FromMilliseconds(1));
        await ReceiveAsync(id, "correction");
        var listed = (await OpsAsync(Requests)).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("dueAt").GetDateTimeOffset()).ToArray();
        Assert.Equal(listed.Order(), listed);

        var lateId = late.GetProperty("id").GetGuid();
        await ops.PostAsync($"{Requests}/{lateId}/completion", new { outcome = "Handed over" }).OkJsonAsync();
        Assert.Equal((409, "customer.privacy_request_closed", null), await ops.PostAsync($"{Requests}/{lateId}/completion", new { outcome = "Again" }).ProblemAsync());
    }

    [Fact]
    public async Task An_objection_refuses_marketing_and_profiling_at_once()
    {
        var id = await host.RegisterIdAsync(new { displayName = Unique("Objecting"), consents = new[] { new { channel = "email", purpose = "marketing", granted = true, noticeVersion = "v1" } } });
        await ReceiveAsync(id, "objection");
        var inForce = (await host.GetAsync($"{Customers}/{id}/consents")).GetProperty("inForce").EnumerateArray().ToArray();
        Assert.Equal(2 * Crm.Customer.Domain.ConsentDecision.Channels.Count, inForce.Length);
        Assert.All(inForce, state => Assert.False(state.GetProperty("granted").GetBoolean()));
        await Eventually.Holds(() =>
        {
            Assert.Contains(host.Bus.Seen<ConsentChanged>(), message => message.CustomerId == id && message.Consent is { Channel: "email", Purpose: "marketing", Granted: false });
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task The_package_holds_record_consents_and_timeline_and_its_page_encodes_what_it_shows()
    {
        var name = "<script>" + Unique("P");
        var id = await host.RegisterIdAsync(new { displayName = name, email = "package@example.com" });
        await host.Rep().PostAsync($"{Customers}/{id}/notes", new { text = "A note" }).OkJsonAsync();
        await host.Rep().PostAsync($"{Customers}/{id}/contact-points", new { kind = "phone", value = "081255550009" }).OkJsonAsync();
        var package = await OpsAsync($"{Customers}/{id}/data-package");
        Assert.Equal("+6281255550009", Assert.Single(package.GetProperty("contactPoints").EnumerateArray()).GetProperty("value").GetString());
        Assert.Equal(name, package.GetProperty("record")[0].GetProperty("display_name").GetString());
        Assert.Contains(package.GetProperty("timeline").EnumerateArray(), entry => entry.GetProperty("kind").GetString() == "note.added");
        var html = await host.ClientFor(Roles.Ops).GetStringAsync($"{Customers}/{id}/data-package?format=html");
        Assert.DoesNotContain("<script>", html, StringComparison.Ordinal);
        Assert.Contains("A note", html, StringComparison.Ordinal);
        Assert.Equal(403, (int)(await host.Rep().GetAsync($"{Customers}/{id}/data-package")).StatusCode);
    }

    [Theory]
    [InlineData("""{"kind":"deletion","verifiedBy":"x"}""", "customer.privacy_kind_unknown", "kind")]
    [InlineData("""{"kind":"access","verifiedBy":" "}""", "customer.verification_required", "verifiedBy")]
    [InlineData("""{"kind":"access","verifiedBy":"x","receivedAt":"2999-01-01T00:00:00Z"}""", "customer.instant_invalid", "receivedAt")]
    public async Task A_wrong_request_is_refused(string body, string code, string field)
    {
        var id = await host.RegisterIdAsync(new { displayName = Unique("W") });
        Assert.Equal((400, code, field), await host.ClientFor(Roles.Ops).PostAsync($"{Customers}/{id}/privacy-requests", body).ProblemAsync());
        Assert.Equal(0, await CountAsync($"SELECT count(*) FROM privacy_requests WHERE customer_id = '{id}'"));
    }

    private Task CompleteAsync(Guid package) => Eventually.Holds(async () => Assert.Equal("complete", (await OpsAsync($"{Packages}/{package}")).GetProperty("state").GetString()));

    private Task<System.Text.Json.JsonElement> ReceiveAsync(Guid id, string kind) =>
        host.ClientFor(Roles.Ops).PostAsync($"{Customers}/{id}/privacy-requests", new { kind, verifiedBy = "ID card shown" }).OkJsonAsync();

    private Task<System.Text.Json.JsonElement> OpsAsync(string path) => host.ClientFor(Roles.Ops).GetAsync(path).OkJsonAsync();

    private async Task<long> CountAsync(string sql)
    {
        await using var command = host.Database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Tables of the database in which the text occurs in any column, whatever its type.</summary>
    private async Task<List<string>> TablesWithAsync(string text)
    {
        var tables = new List<string>();
        await using (var command = host.Database.CreateCommand("SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')"))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync()) tables.Add(reader.GetString(0));
        }

        var found = new List<string>();
        foreach (var table in tables)
        {
            await using var command = host.Database.CreateCommand($"SELECT EXISTS (SELECT FROM {table} t WHERE t::text ILIKE '%' || $1 || '%')");
            command.Parameters.Add(new() { Value = text });
            if ((bool)(await command.ExecuteScalarAsync())!) found.Add(table);
        }

        return found;
    }

    private async Task<System.Text.Json.JsonElement> ImportAsync(string source, string csv)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/customer/v1/customer-imports?source={source}") { Content = new StringContent(csv, System.Text.Encoding.UTF8, "text/csv") };
        request.Headers.Add("Idempotency-Key", NewId().ToString());
        return await host.Rep().SendAsync(request).OkJsonAsync();
    }
}
