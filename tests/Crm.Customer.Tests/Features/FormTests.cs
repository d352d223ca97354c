using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using static Crm.Customer.Tests.CustomerHost;

namespace Crm.Customer.Tests.Features;

public sealed class FormTests(CustomerHost host) : IClassFixture<CustomerHost>
{
    private const string Forms = "/api/customer/v1/registration-forms";
    private const string Intake = "/api/customer/v1/intake-records";

    [Fact]
    public async Task Who_registers_by_a_form_is_a_customer_only_when_the_owner_of_the_address_confirms_and_the_proof_is_kept()
    {
        var (key, email) = (await DefineAsync(), Unique("baru") + "@example.com");
        var answer = await SubmitAsync(key, new { email, fields = new { displayName = "Siti Baru", city = "Bandung", phone = "0812-5550-7788" }, consents = new[] { "email.marketing" } });
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var link = await LinkAsync(email);
        Assert.Equal(0, await CountAsync($"SELECT count(*) FROM customers WHERE email = '{email}'"));

        var shown = await host.Anonymous().GetStringAsync(link);
        Assert.Contains("Kirimi saya &lt;penawaran&gt;", shown, StringComparison.Ordinal);
        Assert.Equal(0, await CountAsync($"SELECT count(*) FROM customers WHERE email = '{email}'"));
        await ConfirmAsync(link);
        await ConfirmAsync(link);
        var submission = Assert.Single((await EditAsync(HttpMethod.Get, $"{Forms}/{key}/submissions")).GetProperty("items").EnumerateArray());
        var id = submission.GetProperty("customerId").GetGuid();
        Assert.False(submission.GetProperty("matched").GetBoolean());
        Assert.Equal((1, "email.marketing"), (submission.GetProperty("formVersion").GetInt32(), Assert.Single(submission.GetProperty("consents").EnumerateArray()).GetString()));
        var customer = await host.GetAsync($"{Customers}/{id}");
        Assert.Equal(("Siti Baru", "Prospect", "+6281255507788"), (customer.GetProperty("displayName").GetString(), customer.GetProperty("lifecycleStage").GetString(), customer.GetProperty("phone").GetString()));
        var decision = Assert.Single((await host.GetAsync($"{Customers}/{id}/consents")).GetProperty("decisions").GetProperty("items").EnumerateArray());
        Assert.Equal(("double-opt-in", "syarat-7"), (decision.GetProperty("captureSource").GetString(), decision.GetProperty("noticeVersion").GetString()));
        Assert.Contains((await host.GetAsync($"{Customers}/{id}/contact-points")).EnumerateArray(), point => point.GetProperty("value").GetString() == email && point.GetProperty("verifiedAt").ValueKind == JsonValueKind.String);
        Assert.Equal("{}", await TextAsync($"SELECT answers::text FROM form_submissions WHERE customer_id = '{id}'"));
        await Eventually.Holds(() =>
        {
            Assert.Contains(host.Bus.Seen<ConsentChanged>(), message => message.CustomerId == id && message.Consent is { Channel: "email", Granted: true });
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task Who_is_known_with_the_address_gets_what_the_record_lacks_and_nothing_is_overwritten()
    {
        var (key, email, name) = (await DefineAsync(), Unique("lama") + "@example.com", "Bambang Wirawan Hadiputra");
        var id = await host.RegisterIdAsync(new { displayName = name, email, phone = "081255501001" });
        await SubmitAsync(key, new { email = email.ToUpperInvariant(), fields = new Dictionary<string, string> { ["displayName"] = "bambang wirawan hadiputra", ["phone"] = "081255501001", ["city"] = "Solo", ["preference.colour"] = "blue" } });
        await ConfirmAsync(await LinkAsync(email));
        var customer = await host.GetAsync($"{Customers}/{id}");
        Assert.Equal((name, "+6281255501001", "Solo"), (customer.GetProperty("displayName").GetString(), customer.GetProperty("phone").GetString(), customer.GetProperty("address").GetProperty("city").GetString()));
        Assert.Equal("colour", Assert.Single(customer.GetProperty("preferences").EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal(1, await CountAsync($"SELECT count(*) FROM customers WHERE lower(email) = '{email}'"));
        Assert.Equal(1, await CountAsync($"SELECT count(*) FROM form_submissions WHERE customer_id = '{id}' AND matched"));
    }

    [Fact]
    public async Task Neither_a_machine_nor_a_mail_bomb_gets_a_mail_and_neither_learns_so()
    {
        var key = await DefineAsync();
        var (trap, bombed) = (Unique("bot") + "@example.com", Unique("bom") + "@example.com");
        var filled = await SubmitAsync(key, new { email = trap, fields = new { displayName = "Bot" }, website = "https://spam.example" });
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => SubmitAsync(key, new { email = bombed, fields = new { displayName = "Victim" } })));
        Assert.All(answers.Append(filled), answer => Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode));
        Assert.Equal((0, 1), (await CountAsync($"SELECT count(*) FROM form_submissions WHERE email = '{trap}'"), await CountAsync($"SELECT count(*) FROM form_submissions WHERE email = '{bombed}'")));
        var forged = (await LinkAsync(bombed))[..^2] + "AA";
        Assert.Equal((404, "customer.link_not_found", null), await host.Anonymous().GetAsync(forged).ProblemAsync());
    }

    [Theory]
    [InlineData("""{"email":"no","fields":{"displayName":"A"}}""", "customer.email_invalid", "email")]
    [InlineData("""{"email":"a@b.id","fields":{}}""", "customer.value_required", "fields.displayName")]
    [InlineData("""{"email":"a@b.id","fields":{"displayName":"A","role":"admin"}}""", "customer.form_field_unknown", "fields.role")]
    [InlineData("""{"email":"a@b.id","fields":{"displayName":"A","phone":"12"}}""", "customer.phone_invalid", "fields.phone")]
    [InlineData("""{"email":"a@b.id\r\nBcc: x@y.id","fields":{"displayName":"A"}}""", "customer.invalid_characters", "email")]
    [InlineData("""{"email":"a@b.id","fields":{"displayName":"A"},"consents":["sms.marketing"]}""", "customer.form_consent_unknown", "consents")]
    public async Task What_is_wrong_is_named_and_not_stored(string body, string code, string field)
    {
        var key = await DefineAsync();
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        Assert.Equal((400, code, field), await host.Anonymous().PostAsync($"/p/forms/{key}", content).ProblemAsync());
        Assert.Equal(0, await CountAsync($"SELECT count(*) FROM form_submissions WHERE form_key = '{key}'"));
    }

    [Fact]
    public async Task Only_the_sites_where_the_form_stands_may_send_it_and_a_plain_page_is_led_on()
    {
        var key = await DefineAsync();
        using var foreign = new HttpRequestMessage(HttpMethod.Post, $"/p/forms/{key}") { Content = JsonContent.Create(new { email = "a@b.id", fields = new { displayName = "A" } }) };
        foreign.Headers.Add("Origin", "https://evil.example");
        Assert.Equal((403, "customer.form_origin_refused", null), await host.Anonymous().SendAsync(foreign).ProblemAsync());
        using var own = new HttpRequestMessage(HttpMethod.Post, $"/p/forms/{key}")
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["email"] = Unique("page") + "@example.com", ["displayName"] = "Halaman", ["consents"] = "email.marketing", ["website"] = "" }),
        };
        own.Headers.Add("Origin", "https://toko.example");
        var led = await host.Anonymous().SendAsync(own);
        Assert.Equal((HttpStatusCode.Found, "https://toko.example/terima-kasih", "https://toko.example"), (led.StatusCode, led.Headers.Location?.ToString(), led.Headers.GetValues("Access-Control-Allow-Origin").Single()));
        Assert.Equal((404, "customer.form_not_found", null), await host.Anonymous().GetAsync("/p/forms/none").ProblemAsync());
        Assert.Equal((412, "customer.record_stale", null), await host.ClientFor(Roles.Marketer).PutAsync($"{Forms}/{key}", JsonContent.Create(new { definition = Definition() })).ProblemAsync());
        Assert.Equal(403, (int)(await host.Rep().PutAsync($"{Forms}/{key}", JsonContent.Create(new { definition = Definition() }))).StatusCode);
    }

    [Fact]
    public async Task A_survey_tells_a_customer_once_its_answers_are_preferences_and_the_same_again_changes_nothing()
    {
        var source = Unique("survey");
        var system = host.ClientFor(Roles.Integration);
        await system.PutAsync($"/api/customer/v1/import-mappings/{source}", JsonContent.Create(new Dictionary<string, string?> { ["Nama"] = "displayName", ["Kota"] = "city", ["Gaji"] = null })).OkJsonAsync();
        object Record(string colour, string responseId) => new
        {
            source, externalId = "R-1", kind = "survey", responseId, occurredAt = "2026-05-01T08:00:00Z", fields = new { Nama = "Rina Survei", Kota = "Malang", Gaji = "1" },
            answers = new[] { new { name = "colour", values = new[] { colour } } }, interests = new[] { "tea" },
        };
        var first = await system.PostAsync(Intake, Record("red", "1")).OkJsonAsync();
        var id = first.GetProperty("customerId").GetGuid();
        Assert.Equal("created", first.GetProperty("outcome").GetString());
        Assert.Equal("unchanged", (await system.PostAsync(Intake, Record("red", "1")).OkJsonAsync()).GetProperty("outcome").GetString());
        Assert.Equal("updated", (await system.PostAsync(Intake, Record("blue", "2")).OkJsonAsync()).GetProperty("outcome").GetString());
        var customer = await host.GetAsync($"{Customers}/{id}");
        Assert.Equal(("Rina Survei", "Malang"), (customer.GetProperty("displayName").GetString(), customer.GetProperty("address").GetProperty("city").GetString()));
        Assert.Equal("blue", Assert.Single(Assert.Single(customer.GetProperty("preferences").EnumerateArray()).GetProperty("values").EnumerateArray()).GetString());
        Assert.Equal(["tea"], (await host.GetAsync($"{Customers}/{id}/profile")).GetProperty("interests").EnumerateArray().Select(interest => interest.GetString()));
        Assert.Equal(2, (await host.TimelineAsync(id)).Count(entry => entry.GetProperty("kind").GetString() == "survey.told"));
        Assert.Equal((400, "customer.field_unmapped", "fields.umur"), await system.PostAsync(Intake, new { source, externalId = "R-2", kind = "survey", fields = new { Nama = "X", Umur = "3" } }).ProblemAsync());
        Assert.Equal((400, "customer.name_required", "fields.displayName"), await system.PostAsync(Intake, new { source, externalId = "R-2", kind = "social", fields = new { Kota = "X" } }).ProblemAsync());
        Assert.Equal(1, await CountAsync($"SELECT count(*) FROM customers WHERE source = '{source}'"));
    }

    private static object Definition() => new
    {
        name = "Toko <Kita>", language = "id", allowedOrigins = new[] { "https://toko.example" }, redirectUrl = "https://toko.example/terima-kasih",
        fields = new object[]
        {
            new { name = "displayName", label = "Nama", required = true }, new { name = "phone", label = "Telepon" }, new { name = "city", label = "Kota" }, new { name = "preference.colour", label = "Warna" },
        },
        consents = new[] { new { channel = "email", purpose = "marketing", noticeVersion = "syarat-7", text = "Kirimi saya <penawaran>" } },
    };

    private async Task<string> DefineAsync()
    {
        var key = Unique("form");
        Assert.Equal(1, (await EditAsync(HttpMethod.Put, $"{Forms}/{key}", new { definition = Definition() })).GetProperty("version").GetInt32());
        return key;
    }

    private async Task<JsonElement> EditAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        return await host.ClientFor(Roles.Marketer).SendAsync(request).OkJsonAsync();
    }

    private Task<HttpResponseMessage> SubmitAsync(string key, object body) => host.Anonymous().PostAsync($"/p/forms/{key}", JsonContent.Create(body, body.GetType()));

    /// <summary>The path of the link in the mail that went to the address.</summary>
    private async Task<string> LinkAsync(string email)
    {
        string? path = null;
        await Eventually.Holds(async () =>
        {
            foreach (var file in host.Mail.GetFiles("*.eml"))
            {
                var text = (await File.ReadAllTextAsync(file.FullName)).Replace("=\r\n", "", StringComparison.Ordinal);
                if (text.Contains(email, StringComparison.OrdinalIgnoreCase)) path = Regex.Match(text, "/p/forms/confirmations/[A-Za-z0-9_-]+").Value;
            }

            Assert.NotNull(path);
        });
        return path!;
    }

    private async Task ConfirmAsync(string link) => Assert.Equal(HttpStatusCode.OK, (await host.Anonymous().PostAsync(link, null)).StatusCode);

    private async Task<long> CountAsync(string sql) => (long)(await ScalarAsync(sql))!;

    private async Task<string> TextAsync(string sql) => (string)(await ScalarAsync(sql))!;

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var command = host.Database.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
