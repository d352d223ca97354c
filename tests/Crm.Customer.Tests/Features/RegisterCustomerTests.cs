using System.Net;
using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using static Crm.Customer.Tests.CustomerHost;

namespace Crm.Customer.Tests.Features;

public sealed class RegisterCustomerTests(CustomerHost host) : IClassFixture<CustomerHost>
{
    [Fact]
    public async Task A_single_name_is_enough_and_the_rest_has_defaults()
    {
        var customer = await host.RegisterAsync(new { displayName = "  Suharto\u200b " });

        Assert.Equal("Suharto", customer.GetProperty("displayName").GetString());
        Assert.Matches("^CUST-[0-9]{6}$", customer.GetProperty("number").GetString());
        Assert.Equal("id", customer.GetProperty("language").GetString());
        Assert.Equal("Asia/Jakarta", customer.GetProperty("timeZone").GetString());
        Assert.Equal("Prospect", customer.GetProperty("lifecycleStage").GetString());
        Assert.Equal(1, customer.GetProperty("version").GetInt64());
    }

    [Fact]
    public async Task All_details_come_back_normalised_and_go_out_in_one_event()
    {
        var sourceId = Unique("form");
        using var response = await host.Rep().PostAsync(Customers, new
        {
            displayName = "Siti Rahayu", givenName = "Siti", familyName = "Rahayu", email = "siti@example.com", phone = "0812-3456-7890",
            language = "en", timeZone = "Asia/Makassar",
            address = new { street = "Jl. Melati 5", city = "Denpasar", province = "Bali", postalCode = "80111", country = "id" },
            birthDate = "1990-04-21", gender = "female", tags = new[] { "vip", "baru", "vip" }, source = "web", sourceId,
            consents = new[] { new { channel = "email", purpose = "marketing", granted = true, noticeVersion = "2026-01" } },
        });
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var id = (await response.JsonAsync()).GetProperty("id").GetGuid();
        Assert.Equal($"{Customers}/{id}", response.Headers.Location!.ToString());
        Assert.Equal("\"1\"", response.Headers.ETag!.Tag);

        var read = await host.GetAsync($"{Customers}/{id}");
        Assert.Equal("+6281234567890", read.GetProperty("phone").GetString());
        Assert.Equal("ID", read.GetProperty("address").GetProperty("country").GetString());
        Assert.Equal(["baru", "vip"], read.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()));
        Assert.True(read.GetProperty("consents")[0].GetProperty("granted").GetBoolean());

        await Eventually.Holds(() =>
        {
            var snapshot = Assert.Single(host.Bus.Seen<CustomersRegistered>().SelectMany(message => message.Customers), customer => customer.CustomerId == id);
            Assert.Equal(("web", sourceId, "Denpasar", new DateOnly(1990, 4, 21)), (snapshot.Source, snapshot.SourceId, snapshot.City, snapshot.BirthDate));
            Assert.Equal(("email", "marketing", true), (snapshot.Consents[0].Channel, snapshot.Consents[0].Purpose, snapshot.Consents[0].Granted));
            return Task.CompletedTask;
        });
        Assert.Contains(await host.TimelineAsync(id), entry => entry.GetProperty("kind").GetString() == "customer.registered");
    }

    [Fact]
    public async Task Preferences_and_custom_fields_are_kept_changed_and_travel_in_the_snapshot()
    {
        var id = await host.RegisterIdAsync(new
        {
            displayName = "Wayan",
            preferences = new[] { new { name = "colour", values = new[] { "green", "blue", "blue" } } },
            customFields = new object[] { new { name = "shoeSize", number = 42.5 }, new { name = "renewal", date = "2026-02-28" }, new { name = "owner", flag = false } },
        });

        var kept = await host.Rep().PutAsync($"{Customers}/{id}", new { displayName = "Wayan Sudarma" }, 1).OkJsonAsync();
        Assert.Equal("blue", kept.GetProperty("preferences")[0].GetProperty("values")[0].GetString());
        var changed = await host.Rep().PutAsync(
            $"{Customers}/{id}", new { displayName = "Wayan Sudarma", preferences = Array.Empty<object>(), customFields = new[] { new { name = "shoeSize", number = 43 } } }, 2).OkJsonAsync();
        Assert.Equal(0, changed.GetProperty("preferences").GetArrayLength());

        await Eventually.Holds(() =>
        {
            var snapshots = host.Snapshots(id);
            Assert.Equal(3, snapshots.Count);
            Assert.Equal(["blue", "green"], Assert.Single(snapshots[0].Preferences).Values);
            Assert.Equal(
                [new CustomFieldState("owner", Flag: false), new CustomFieldState("renewal", Date: new DateOnly(2026, 2, 28)), new CustomFieldState("shoeSize", Number: 42.5m)],
                snapshots[1].CustomFields);
            Assert.Empty(snapshots[2].Preferences);
            Assert.Equal([new CustomFieldState("shoeSize", Number: 43)], snapshots[2].CustomFields);
            return Task.CompletedTask;
        });
    }

    [Theory]
    [InlineData("""{"displayName":" "}""", "customer.name_required", "displayName")]
    [InlineData("""{"displayName":"A\u0000B"}""", "customer.invalid_characters", "displayName")]
    [InlineData("""{"displayName":"A","preferences":[{"name":"a b","values":["x"]}]}""", "customer.field_name_invalid", "preferences[0].name")]
    [InlineData("""{"displayName":"A","preferences":[{"name":"colour","values":[]}]}""", "customer.preference_values_invalid", "preferences[0].values")]
    [InlineData("""{"displayName":"A","customFields":[{"name":"x","text":"a","number":1}]}""", "customer.field_value_invalid", "customFields[0]")]
    [InlineData("""{"displayName":"A","customFields":[{"name":"x","flag":true},{"name":"x","flag":false}]}""", "customer.field_repeated", "customFields[1].name")]
    [InlineData("""{"displayName":"A","email":"no-address"}""", "customer.email_invalid", "email")]
    [InlineData("""{"displayName":"A","phone":"0812"}""", "customer.phone_invalid", "phone")]
    [InlineData("""{"displayName":"A","phone":"+999 1234567"}""", "customer.phone_invalid", "phone")]
    [InlineData("""{"displayName":"A","language":"fr"}""", "customer.language_unknown", "language")]
    [InlineData("""{"displayName":"A","timeZone":"Mars/Olympus"}""", "customer.time_zone_unknown", "timeZone")]
    [InlineData("""{"displayName":"A","address":{"country":"Indonesia"}}""", "customer.country_invalid", "address.country")]
    [InlineData("""{"displayName":"A","birthDate":"1899-12-31"}""", "customer.birth_date_invalid", "birthDate")]
    [InlineData("""{"displayName":"A","birthDate":"2999-01-01"}""", "customer.birth_date_invalid", "birthDate")]
    [InlineData("""{"displayName":"A","birthDate":"2024-02-30"}""", "request.malformed", "birthDate")]
    [InlineData("""{"displayName":"A","gender":"x"}""", "customer.gender_unknown", "gender")]
    [InlineData("""{"displayName":"A","tags":[""]}""", "customer.tags_invalid", "tags")]
    [InlineData("""{"displayName":"A","source":"Web Form","sourceId":"1"}""", "customer.source_invalid", "source")]
    [InlineData("""{"displayName":"A","source":"web"}""", "customer.source_id_required", "sourceId")]
    [InlineData("""{"displayName":"A","consents":[{"channel":"fax","purpose":"marketing","granted":true,"noticeVersion":"1"}]}""", "customer.consent_channel_unknown", "consents[0].channel")]
    [InlineData("""{"displayName":"A","lifecycleStage":"Active"}""", "request.unknown_field", "lifecycleStage")]
    [InlineData("""{"displayName":"A","address":{"planet":"Mars"}}""", "request.unknown_field", "address.planet")]
    [InlineData("""{"displayName":5}""", "request.malformed", "displayName")]
    [InlineData("""{"displayName":null}""", "request.malformed", "displayName")]
    [InlineData("""{"email":"a@example.com"}""", "request.missing_field", "displayName")]
    [InlineData("""{"displayName":"A""", "request.malformed", null)]
    public async Task Wrong_input_is_refused_naming_the_field_and_stores_nothing(string body, string code, string? field)
    {
        var before = await CountAsync();
        var problem = await host.Rep().PostAsync(Customers, body).ProblemAsync();

        Assert.Equal((400, code), (problem.Status, problem.Code));
        if (field is not null) Assert.Equal(field, problem.Field);
        Assert.Equal(before, await CountAsync());
    }

    [Fact]
    public async Task The_key_of_a_source_is_taken_once()
    {
        var body = new { displayName = "Budi", source = "web", sourceId = Unique("k") };
        await host.RegisterAsync(body);
        Assert.Equal((409, "customer.source_key_taken", "sourceId"), await host.Rep().PostAsync(Customers, body).ProblemAsync());
    }

    [Fact]
    public async Task An_unknown_referrer_is_refused_and_a_known_one_kept()
    {
        Assert.Equal(
            (422, "customer.referrer_unknown", "referredBy"),
            await host.Rep().PostAsync(Customers, new { displayName = "Ani", referredBy = NewId() }).ProblemAsync());

        var referrer = await host.RegisterIdAsync(new { displayName = "Wati" });
        var referred = await host.RegisterAsync(new { displayName = "Ani", referredBy = referrer });
        Assert.Equal(referrer, referred.GetProperty("referredBy").GetGuid());
    }

    [Fact]
    public async Task A_repeated_key_answers_the_same_and_registers_once()
    {
        var client = host.Rep();
        var (key, name) = (Unique("key"), Unique("Dewi"));
        var first = await client.PostAsync(Customers, new { displayName = name }, key).OkJsonAsync();
        var second = await client.PostAsync(Customers, new { displayName = name }, key).OkJsonAsync();

        Assert.Equal(first.GetProperty("id").GetGuid(), second.GetProperty("id").GetGuid());
        Assert.Equal((422, "request.idempotency_key_reused", "Idempotency-Key"), await client.PostAsync(Customers, new { displayName = "Other" }, key).ProblemAsync());
        await using var command = host.Database.CreateCommand($"SELECT count(*) FROM customers WHERE display_name = '{name}'");
        Assert.Equal(1L, await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Who_has_no_right_to_register_is_refused()
    {
        Assert.Equal(HttpStatusCode.Forbidden, (await host.ClientFor(Roles.Viewer).PostAsync(Customers, new { displayName = "A" })).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await host.Anonymous().PostAsync(Customers, new { displayName = "A" })).StatusCode);
    }

    [Fact]
    public async Task The_api_document_lists_every_route()
    {
        var paths = (await host.Anonymous().GetAsync("/openapi.json").OkJsonAsync()).GetProperty("paths");
        string[] known = [.. paths.EnumerateObject().Select(path => path.Name["/api/customer/v1/".Length..])];
        string[] customers = ["customer-imports", "customer-imports/{id}", "customers", "customers/{id}", "customers/{id}/consents", "customers/{id}/notes", "customers/{id}/timeline"];
        string[] records =
        [
            "customers/{id}/profile", "customers/{id}/contact-points", "customers/{id}/relationships", "customers/{id}/team", "customers/{id}/assets",
            "customers/{id}/field-sources", "customers/{id}/as-of", "custom-fields/{recordType}", "accounts", "accounts/{id}", "accounts/{id}/hierarchy", "accounts/{id}/contacts",
        ];
        Assert.Empty(customers.Except(known));
        Assert.Empty(records.Except(known));
        Assert.True(paths.GetProperty("/api/customer/v1/customer-imports").GetProperty("post").GetProperty("requestBody").GetProperty("content").TryGetProperty("text/csv", out _));
    }

    private async Task<long> CountAsync()
    {
        await using var command = host.Database.CreateCommand("SELECT count(*) FROM customers");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
