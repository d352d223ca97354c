using System.Text.Json;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using static Crm.Campaign.Tests.Journeys.JourneyDriver;

namespace Crm.Campaign.Tests.Journeys;

[Collection(CampaignCollection.Name)]
public sealed class ScenarioTests(CampaignHost host) : IAsyncLifetime
{
    private const string Scenarios = "/api/campaign/v1/scenarios";

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => host.EndAllAsync();

    [Fact]
    public async Task A_scenario_keeps_its_versions_and_measures_what_its_journeys_do()
    {
        var tag = CampaignHost.NewTag();
        var journey = await host.StartJourneyAsync(tag, Definition(Manual(tag), "half",
            """{"id":"half","kind":"branch","branches":[{"criteria":{"field":"language","op":"eq","value":"id"},"next":"won"}],"otherwise":"x"}""", """{"id":"won","kind":"goal"}""", Exit));
        await host.EnterAsync(journey, (await host.RegisterAsync(tag, 3)).Select(customer => customer.CustomerId));
        var created = await host.Marketer.PostAsync(Scenarios, Scenario("Return a gift", "First", journey.ToString())).OkJsonAsync();
        var path = $"{Scenarios}/{created.GetProperty("id").GetGuid()}";

        var changed = await host.Marketer.PutAsync(path, Scenario("Return a gift", "Second", journey.ToString()), 1).OkJsonAsync();
        Assert.Equal(2, changed.GetProperty("version").GetInt64());
        Assert.Equal((412, "campaign.stale", null), await host.Marketer.PutAsync(path, Scenario("x", "y", journey.ToString()), 1).ProblemAsync());
        var versions = (await host.Marketer.GetAsync($"{path}/versions").OkJsonAsync()).GetProperty("items").EnumerateArray();
        Assert.Equal(["Second", "First"], versions.Select(version => version.GetProperty("content").GetProperty("goal").GetString()));

        await Eventually.Holds(async () =>
        {
            var figures = Assert.Single((await host.Marketer.GetAsync($"{path}/figures").OkJsonAsync()).GetProperty("journeys").EnumerateArray());
            Assert.Equal((3, 0, 3, 2), (Figure(figures, "entered"), Figure(figures, "waiting"), Figure(figures, "left"), Figure(figures, "reached")));
        });

        await host.Marketer.PostAsync($"{path}/archive", new { }).OkJsonAsync();
        Assert.Equal((409, "campaign.wrong_state", "state"), await host.Marketer.PutAsync(path, Scenario("x", "y", journey.ToString()), 2).ProblemAsync());
        Assert.Equal(403, (int)(await host.ClientFor(Roles.ServiceAgent).GetAsync(path)).StatusCode);
    }

    [Theory]
    [InlineData("not-an-id")]
    [InlineData("01900000-0000-7000-8000-0000000000ff")]
    public async Task A_scenario_names_journeys_that_exist(string reference) => Assert.Equal(
        (422, "campaign.unknown_journey", "content.steps[0].actions[0].ref"), await host.Marketer.PostAsync(Scenarios, Scenario("x", "y", reference)).ProblemAsync());

    private static long Figure(JsonElement figures, string name) => figures.GetProperty(name).GetInt64();

    private static object Scenario(string name, string goal, string journey) => new
    {
        name,
        content = new
        {
            goal, persona = "Ibu Sari",
            steps = new[] { new { name = "Asks", touchpoint = "shop", painPoints = new[] { "Nobody knows the rule" }, actions = new[] { new { kind = "journey", @ref = journey } } } },
            measures = new[] { new { name = "Time to refund", unit = "days", baseline = 9, target = 3 } },
        },
    };
}
