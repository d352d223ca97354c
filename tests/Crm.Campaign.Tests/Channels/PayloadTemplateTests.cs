using System.Text;
using System.Text.Json;
using Crm.Campaign.Delivery;
using Crm.Campaign.Delivery.Providers;
using Crm.Campaign.Sender.Channels.Http;
using FsCheck;
using FsCheck.Fluent;

namespace Crm.Campaign.Tests.Channels;

public sealed class PayloadTemplateTests
{
    private static readonly ProviderMessage Message = new(
        "+628123", "TOKO", "promo_november", "Halo \"Budi\" <3\nKedua", null, "id", new Guid("0198b0b4-0000-7000-8000-000000000001"), Guid.Empty, Guid.Empty);

    [Fact]
    public void Whatever_a_text_says_it_stays_one_value_of_the_json()
    {
        var template = new PayloadTemplate(PayloadFormat.Json, """{"a":[{"to":"{to}"},{"say":"{from}: {text}"}],"fixed":1,"no":null}""");
        Prop.ForAll(ArbMap.Default.ArbFor<string>().Filter(text => text is not null && text.All(character => !char.IsSurrogate(character))), text =>
        {
            var json = JsonSerializer.Deserialize<JsonElement>(template.Render(Message with { Text = text }));
            return json.GetProperty("a").GetArrayLength() == 2 && json.GetProperty("a")[1].EnumerateObject().Count() == 1
                && json.GetProperty("a")[1].GetProperty("say").GetString() == "TOKO: " + text && json.GetProperty("fixed").GetInt32() == 1;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_form_is_encoded_and_a_member_without_value_is_left_out()
    {
        var form = Encoding.UTF8.GetString(new PayloadTemplate(PayloadFormat.Form, "to={to}&text={text}&link={link}&x=%26").Render(Message with { Text = "a&b=c é" }));
        Assert.Equal("to=%2B628123&text=a%26b%3Dc+%C3%A9&x=%26", form);
        var json = JsonSerializer.Deserialize<JsonElement>(new PayloadTemplate(PayloadFormat.Json, ChannelBodies.Usual["push"]).Render(Message));
        Assert.False(json.TryGetProperty("link", out _));
        Assert.Equal("promo_november", json.GetProperty("title").GetString());
    }

    [Fact]
    public void The_lines_of_the_text_are_the_parameters_of_a_template_message()
    {
        var json = JsonSerializer.Deserialize<JsonElement>(new PayloadTemplate(PayloadFormat.Json, ChannelBodies.Usual["whatsapp"]).Render(Message));
        var template = json.GetProperty("template");
        Assert.Equal(("promo_november", "id"), (template.GetProperty("name").GetString(), template.GetProperty("language").GetProperty("code").GetString()));
        Assert.Equal(["Halo \"Budi\" <3", "Kedua"], template.GetProperty("components")[0].GetProperty("parameters").EnumerateArray().Select(parameter => parameter.GetProperty("text").GetString()));
    }

    [Theory]
    [InlineData("""{"to":"{adress}"}""", "{adress}")]
    [InlineData("""{"to":""", "not JSON")]
    [InlineData("\"{to}\"", "object or array")]
    public void A_body_that_cannot_be_right_is_refused_at_the_start_and_says_why(string body, string because)
    {
        var problem = Assert.Single(Options(body: body).Problems("x", development: true));
        Assert.StartsWith("Providers:x:Body ", problem, StringComparison.Ordinal);
        Assert.Contains(because, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_are_checked_and_each_problem_names_its_setting()
    {
        Assert.Empty(Options().Problems("x", development: false));
        Assert.Contains("Providers:x:Url", Assert.Single(Options(url: "http://gateway.example/").Problems("x", development: false)), StringComparison.Ordinal);
        Assert.Empty(Options(url: "http://localhost:1/").Problems("x", development: true));
        Assert.Contains("Url", Assert.Single(Options(url: "https://user:secret@gateway.example/").Problems("x", development: true)), StringComparison.Ordinal);
        Assert.Contains("Channel", Assert.Single(Options(channel: "email").Problems("x", development: true)), StringComparison.Ordinal);
        Assert.Contains("messages[0].id", Assert.Single(new HttpProviderOptions { Channel = "sms", Url = new Uri("https://g.example/"), ReferencePath = "a..b" }.Problems("x", true)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("messages[1].id", "b")]
    [InlineData("messages[2].id", null)]
    [InlineData("count", "2")]
    [InlineData("messages", null)]
    [InlineData("count.id", null)]
    public void A_place_in_an_answer_is_found_or_is_not_there(string path, string? expected) =>
        Assert.Equal(expected, JsonPlace.Find(JsonSerializer.Deserialize<JsonElement>("""{"messages":[{"id":"a"},{"id":"b"}],"count":2}"""), path));

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+62812", "'+62812")]
    [InlineData("  @SUM(A1)", "'  @SUM(A1)")]
    [InlineData("a \"b\", c", "\"a \"\"b\"\", c\"")]
    [InlineData("＝1", "'＝1")]
    [InlineData("a\nb", "\"a\nb\"")]
    [InlineData("plain", "plain")]
    [InlineData(null, "")]
    public void A_field_of_a_csv_is_never_a_formula(string? value, string expected) => Assert.Equal(expected, Csv.Field(value));

    private static HttpProviderOptions Options(string channel = "sms", string url = "https://gateway.example/messages", string? body = null) =>
        new() { Channel = channel, Url = new Uri(url), Body = body };
}
