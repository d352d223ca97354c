using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Crm.Testing;
using static Crm.Customer.Tests.CustomerHost;

namespace Crm.Customer.Tests.Features;

public sealed class ImportCustomersTests(CustomerHost host) : IClassFixture<CustomerHost>
{
    private const string Imports = "/api/customer/v1/customer-imports";

    [Fact]
    public async Task Good_rows_are_imported_and_wrong_ones_reported_by_line_code_and_field()
    {
        var source = Unique("csv");
        const string file =
            "sourceId,displayName,email,phone,birthDate,tags,marketingConsents,registeredAt,referredBySourceId\r\n" +
            "1,\"Wijaya, Ade\",ade@example.com,0812 1111 2222,1980-05-06,gold;pagi,email;sms,2025-01-02T03:04:05Z,2\r\n" +
            "2,Putri,,,,,,,\n" +
            "3,,c@example.com,,,,,,\n" +
            "4,Bad mail,nobody,,,,,,\n" +
            "5,Bad date,,,2001-13-01,,,,\n" +
            "6,Too few\n" +
            "7,Bad consent,,,,,fax,,\n" +
            "8,Bad \"quote,,,,,,,\n" +
            "9,=1+1,,,,,,,\n";
        var import = await ImportAsync(source, file);

        Assert.Equal((9, 3, 0, 0, 6), Counts(import));
        Assert.Equal(
            [
                (4, "customer.name_required", "displayName"), (5, "customer.email_invalid", "email"), (6, "customer.birth_date_invalid", "birthDate"),
                (7, "customer.import_column_count", null), (8, "customer.consent_channel_unknown", "marketingConsents"), (9, "customer.import_quoting", null),
            ],
            Problems(import));
        Assert.Equal(Problems(import), Problems(await host.GetAsync($"{Imports}/{import.GetProperty("id").GetGuid()}")));

        var ade = await FindAsync(source, "1");
        Assert.Equal(("Wijaya, Ade", "+6281211112222"), (ade.GetProperty("displayName").GetString(), ade.GetProperty("phone").GetString()));
        Assert.Equal(["email", "sms"], ade.GetProperty("consents").EnumerateArray().Select(consent => consent.GetProperty("channel").GetString()));
        Assert.Equal((await FindAsync(source, "2")).GetProperty("id").GetGuid(), ade.GetProperty("referredBy").GetGuid());
        Assert.Equal("=1+1", (await FindAsync(source, "9")).GetProperty("displayName").GetString());
    }

    [Fact]
    public async Task The_same_file_again_changes_nothing_and_a_changed_row_only_itself()
    {
        var source = Unique("csv");
        var file = "sourceId,displayName\n" + string.Join('\n', Enumerable.Range(1, 2500).Select(i => $"{i},Customer {i}"));
        Assert.Equal((2500, 2500, 0, 0, 0), Counts(await ImportAsync(source, file)));
        Assert.Equal((2500, 0, 0, 2500, 0), Counts(await ImportAsync(source, file)));
        Assert.Equal((2500, 0, 1, 2499, 0), Counts(await ImportAsync(source, file.Replace("1234,Customer 1234", "1234,Renamed", StringComparison.Ordinal))));
        Assert.Equal("Renamed", (await FindAsync(source, "1234")).GetProperty("displayName").GetString());
    }

    [Fact]
    public async Task A_dry_run_tells_the_same_and_does_nothing()
    {
        var source = Unique("csv");
        const string file = "sourceId,displayName\n1,One\n2,Two\n1,One\n2,Two again\n3,\n";
        var dry = await ImportAsync(source, file, "&dryRun=true");
        Assert.Equal((5, 2, 1, 1, 1), Counts(dry));
        Assert.Equal(0L, await CountAsync(source));
        Assert.Equal(Counts(dry), Counts(await ImportAsync(source, file)));
        Assert.Equal(2L, await CountAsync(source));
        Assert.Equal((5, 0, 2, 2, 1), Counts(await ImportAsync(source, file, "&dryRun=true")));
    }

    [Theory]
    [InlineData("", "customer.import_empty")]
    [InlineData("sourceId,email\n1,a@example.com", "customer.import_column_missing")]
    [InlineData("sourceId,displayName,salary\n1,A,5", "customer.import_column_unknown")]
    [InlineData("sourceId,displayName,displayName\n1,A,B", "customer.import_column_repeated")]
    public async Task A_wrong_header_refuses_the_file(string file, string code)
    {
        using var response = await SendAsync(Unique("csv"), new StringContent(file, Encoding.UTF8, "text/csv"), "");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(code, (await response.JsonAsync()).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_thousand_columns_are_refused()
    {
        using var response = await SendAsync(Unique("csv"), new StringContent(string.Join(',', Enumerable.Range(0, 1000).Select(i => $"c{i}")), Encoding.UTF8, "text/csv"), "");
        Assert.Equal("customer.import_too_many_columns", (await response.JsonAsync()).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_quote_that_is_never_closed_ends_the_reading_not_the_service()
    {
        var source = Unique("csv");
        var import = await ImportAsync(source, "sourceId,displayName\n1,Good\n2,\"never closed\n" + string.Concat(Enumerable.Repeat("3,lost\n", 50_000)));
        Assert.Equal((2, 1, 0, 0, 1), Counts(import));
        Assert.Equal([(3, "customer.import_unreadable", null)], Problems(import));
    }

    [Fact]
    public async Task Broken_encoding_is_a_problem_of_its_row_and_utf16_with_a_mark_is_read()
    {
        var source = Unique("csv");
        var broken = new ByteArrayContent([.. "sourceId,displayName\n1,Caf"u8, 0xE9, .. "\n2,Good\n"u8]);
        broken.Headers.ContentType = new MediaTypeHeaderValue("text/csv");
        Assert.Equal([(2, "customer.invalid_characters", "displayName")], Problems(await (await SendAsync(source, broken, "")).JsonAsync()));

        var utf16 = new ByteArrayContent([0xFF, 0xFE, .. Encoding.Unicode.GetBytes("sourceId;displayName\r\n5;Café\r\n")]);
        utf16.Headers.ContentType = new MediaTypeHeaderValue("text/csv");
        await SendAsync(source, utf16, "");
        Assert.Equal("Café", (await FindAsync(source, "5")).GetProperty("displayName").GetString());
    }

    [Fact]
    public async Task Only_csv_is_taken_and_only_with_a_source()
    {
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await host.Rep().PostAsync($"{Imports}?source=x", new { a = 1 })).StatusCode);
        using var request = Request("", new StringContent("sourceId,displayName", Encoding.UTF8, "text/csv"), "");
        request.RequestUri = new Uri(Imports, UriKind.Relative);
        Assert.Equal((400, "request.malformed", "source"), await host.Rep().SendAsync(request).ProblemAsync());
    }

    private static (int, int, int, int, int) Counts(JsonElement import) => (
        import.GetProperty("received").GetInt32(), import.GetProperty("created").GetInt32(), import.GetProperty("updated").GetInt32(),
        import.GetProperty("unchanged").GetInt32(), import.GetProperty("rejected").GetInt32());

    private static List<(int, string, string?)> Problems(JsonElement import) =>
    [
        .. import.GetProperty("problems").EnumerateArray().Select(problem =>
            (problem.GetProperty("row").GetInt32(), problem.GetProperty("code").GetString()!, problem.GetProperty("field").GetString())),
    ];

    private static HttpRequestMessage Request(string source, HttpContent content, string query)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"{Imports}?source={source}{query}") { Content = content };
        request.Headers.Add("Idempotency-Key", NewId().ToString());
        return request;
    }

    private async Task<HttpResponseMessage> SendAsync(string source, HttpContent content, string query) => await host.Rep().SendAsync(Request(source, content, query));

    private async Task<JsonElement> ImportAsync(string source, string file, string query = "") =>
        await SendAsync(source, new StringContent(file, Encoding.UTF8, "text/csv"), query) is { StatusCode: HttpStatusCode.Created } response
            ? await response.JsonAsync()
            : throw new InvalidOperationException("The import was refused.");

    private async Task<JsonElement> FindAsync(string source, string sourceId)
    {
        await using var command = host.Database.CreateCommand($"SELECT id FROM customers WHERE source = '{source}' AND source_id = '{sourceId}'");
        return await host.GetAsync($"{Customers}/{(Guid)(await command.ExecuteScalarAsync())!}");
    }

    private async Task<long> CountAsync(string source)
    {
        await using var command = host.Database.CreateCommand($"SELECT count(*) FROM customers WHERE source = '{source}'");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
