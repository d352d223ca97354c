using System.Text.Json;
using Crm.Campaign.Domain.Journeys;

namespace Crm.Campaign.Tests.Journeys;

public sealed class DefinitionTests
{
    private const string Exit = """{"id":"x","kind":"exit"}""";

    [Theory]
    [InlineData("""{"on":"nothing"}""", "a", """{"id":"a","kind":"exit"}""", "campaign.journey_event", "definition.trigger.on")]
    [InlineData("""{"on":"tagAdded"}""", "a", """{"id":"a","kind":"exit"}""", "campaign.journey_malformed", "definition.trigger.tag")]
    [InlineData("""{"on":"manual","criteria":{"field":"shoe","op":"eq","value":1}}""", "a", """{"id":"a","kind":"exit"}""", "campaign.unknown_field", "definition.trigger.criteria.field")]
    [InlineData("""{"on":"date","field":"wedding"}""", "a", """{"id":"a","kind":"exit"}""", "campaign.unknown_field", "definition.trigger.field")]
    [InlineData("""{"on":"date","field":"custom.x')::date"}""", "a", """{"id":"a","kind":"exit"}""", "campaign.unknown_field", "definition.trigger.field")]
    [InlineData("""{"on":"date","field":"birthDate","hour":24}""", "a", """{"id":"a","kind":"exit"}""", "campaign.journey_malformed", "definition.trigger.hour")]
    [InlineData("""{"on":"manual","criteria":{"not":{"segment":"00000000-0000-0000-0000-000000000001"}}}""", "a", """{"id":"a","kind":"exit"}""", "campaign.journey_criteria_segment", "definition.trigger.criteria")]
    [InlineData("""{"on":"manual"}""", "b", """{"id":"a","kind":"exit"}""", "campaign.journey_unknown_node", "definition.start")]
    [InlineData("""{"on":"manual"}""", "a", """{"id":"a","kind":"wait","days":1,"next":"nowhere"}""", "campaign.journey_unknown_node", "definition.nodes[0].next")]
    [InlineData("""{"on":"manual"}""", "x", """{"id":"x","kind":"exit"},{"id":"x","kind":"exit"}""", "campaign.journey_node_repeated", "definition.nodes[1].id")]
    [InlineData("""{"on":"manual"}""", "x", """{"id":"x","kind":"exit"},{"id":"y","kind":"exit"}""", "campaign.journey_unreachable", "definition.nodes[1]")]
    [InlineData("""{"on":"manual"}""", "a", """{"id":"a","kind":"wait","days":1,"next":"b"},{"id":"b","kind":"wait","days":1,"next":"a"}""", "campaign.journey_no_exit", "definition.nodes[0]")]
    [InlineData("""{"on":"manual"}""", "a", """{"id":"a","kind":"tag","add":["t"],"next":"b"},{"id":"b","kind":"branch","branches":[{"criteria":{"all":[]},"next":"a"}],"otherwise":"x"},{"id":"x","kind":"exit"}""", "campaign.journey_loop", "definition.nodes[0]")]
    [InlineData("""{"on":"manual"}""", "a", """{"id":"a","kind":"waitUntil","criteria":{"all":[]},"days":1,"next":"a","otherwise":"x"},{"id":"x","kind":"exit"}""", "campaign.journey_loop", "definition.nodes[0]")]
    [InlineData("""{"on":"manual"}""", "a", """{"id":"a","kind":"wait","next":"x"},{"id":"x","kind":"exit"}""", "campaign.journey_wait", "definition.nodes[0].days")]
    [InlineData("""{"on":"manual"}""", "a", """{"id":"a","kind":"wait","days":731,"hours":9999,"next":"x"},{"id":"x","kind":"exit"}""", "campaign.journey_wait", "definition.nodes[0].days")]
    [InlineData("""{"on":"manual"}""", "a", """{"id":"a","kind":"wait","at":"25:00","next":"x"},{"id":"x","kind":"exit"}""", "campaign.journey_wait", "definition.nodes[0].at")]
    [InlineData("""{"on":"manual"}""", "a", """{"id":"a","kind":"waitUntil","days":1,"next":"x","otherwise":"x"},{"id":"x","kind":"exit"}""", "campaign.journey_wait", "definition.nodes[0].event")]
    [InlineData("""{"on":"manual"}""", "a", """{"id":"a","kind":"split","paths":[{"percent":50,"next":"x"},{"percent":49.99,"next":"x"}]},{"id":"x","kind":"exit"}""", "campaign.journey_split", "definition.nodes[0].paths")]
    [InlineData("""{"on":"manual"}""", "a", """{"id":"a","kind":"split","paths":[{"percent":0.001,"next":"x"},{"percent":99.999,"next":"x"}]},{"id":"x","kind":"exit"}""", "campaign.journey_malformed", "definition.nodes[0].paths[0].percent")]
    [InlineData("""{"on":"manual"}""", "a", """{"id":"a","kind":"branch","branches":[{"criteria":{"field":"city","op":"gt","value":"x"},"next":"x"}],"otherwise":"x"},{"id":"x","kind":"exit"}""", "campaign.unknown_operator", "definition.nodes[0].branches[0].criteria.op")]
    [InlineData("""{"on":"manual"}""", "a", """{"id":"a","kind":"send","channel":"pigeon","templateId":"00000000-0000-0000-0000-000000000001","senderName":"T","fromAddress":"a@b.example","next":"x"},{"id":"x","kind":"exit"}""", "campaign.journey_malformed", "definition.nodes[0].channel")]
    [InlineData("""{"on":"manual"}""", "a", """{"id":"a","kind":"send","templateId":"00000000-0000-0000-0000-000000000001","senderName":"T\r\nBcc: x@y.example","fromAddress":"a@b.example","next":"x"},{"id":"x","kind":"exit"}""", "campaign.journey_malformed", "definition.nodes[0].senderName")]
    [InlineData("""{"on":"manual"}""", "a", """{"id":"a","kind":"shell","command":"x","next":"x"}""", "campaign.journey_malformed", "definition.nodes[0].kind")]
    [InlineData("""{"on":"manual"}""", "a b", """{"id":"a b","kind":"exit"}""", "campaign.journey_node_id", "definition.nodes[0].id")]
    public void A_definition_that_makes_no_journey_is_refused_with_its_place(string trigger, string start, string nodes, string code, string field)
    {
        var error = DefinitionParser.Parse(Json($$"""{"trigger":{{trigger}},"start":"{{start}}","nodes":[{{nodes}}]}""")).Error;

        Assert.Equal((code, field), (error?.Code, error?.Field));
    }

    [Theory]
    [InlineData(200, null)]
    [InlineData(201, "definition.nodes")]
    [InlineData(10_000, "definition.nodes")]
    public void A_definition_has_at_most_200_nodes(int count, string? field)
    {
        var nodes = Enumerable.Range(0, count - 1).Select(number => $$"""{"id":"n{{number}}","kind":"tag","add":["t"],"next":"{{(number == count - 2 ? "x" : $"n{number + 1}")}}"}""");

        Assert.Equal(field, DefinitionParser.Parse(Json($$"""{"trigger":{"on":"manual"},"start":"n0","nodes":[{{string.Join(",", nodes)}},{{Exit}}]}""")).Error?.Field);
    }

    [Fact]
    public void A_circle_with_a_wait_in_it_may_turn()
    {
        var parsed = DefinitionParser.Parse(Json(
            $$$"""
            {"trigger":{"on":"manual"},"start":"b","nodes":[
                {"id":"b","kind":"branch","branches":[{"criteria":{"field":"isMember","op":"eq","value":true},"next":"x"}],"otherwise":"w"},
                {"id":"w","kind":"wait","days":1,"next":"b"},{{{Exit}}}]}
            """));

        Assert.Null(parsed.Error);
        var order = DefinitionGraph.InOrder(parsed.Value).ToList();
        Assert.True(order.IndexOf("b") < order.IndexOf("w") && order.IndexOf("b") < order.IndexOf("x"));
    }

    [Fact]
    public void Every_ready_made_journey_is_a_journey() => Assert.All(ReadyMadeJourney.All, ready =>
    {
        var templates = ready.Texts.ToDictionary(text => text, _ => CampaignHost.NewId());
        var definition = DefinitionParser.Parse(ready.Fill(templates, "email", "Toko", "promo@toko.example"));
        Assert.Null(definition.Error);
        Assert.Equal(ready.Texts.Order(), definition.Value.Nodes.Values.OfType<JourneyNode.Send>().Select(send => send.Id).Order());
    });

    [Fact]
    public void A_split_is_reproducible_and_keeps_its_shares()
    {
        var split = new JourneyNode.Split("s", [(3_000, "a"), (7_000, "b")]);
        var journey = CampaignHost.NewId();
        var people = Enumerable.Range(0, 10_000).Select(_ => CampaignHost.NewId()).ToArray();
        var first = people.Select(person => SplitHash.Choose(journey, split, person)).ToArray();

        Assert.Equal(first, people.Select(person => SplitHash.Choose(journey, split, person)));
        // Five standard deviations of a binomial with 10,000 trials: sqrt(10,000 * 0.3 * 0.7) = 46.
        Assert.InRange(first.Count(way => way == "a"), 3_000 - 230, 3_000 + 230);
        Assert.NotEqual(first, people.Select(person => SplitHash.Choose(journey, split with { Id = "other" }, person)));
    }

    private static JsonElement Json(string text) => JsonSerializer.Deserialize<JsonElement>(text);
}
