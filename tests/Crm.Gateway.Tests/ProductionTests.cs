using System.Xml.Linq;

namespace Crm.Gateway.Tests;

[Collection(GatewayCollection.Name)]
public sealed class ProductionTests(GatewayHost host)
{
    [Fact]
    public async Task The_gateway_does_not_start_in_production_with_the_development_provider()
    {
        var settings = host.GatewaySettings(RunningProgram.FreePort(), RunningProgram.FreePort());
        settings["ASPNETCORE_ENVIRONMENT"] = "Production";
        settings["Oidc:Authority"] = host.IdpOrigin;
        await using var program = RunningProgram.Project("Crm.Gateway", settings);
        Assert.NotEqual(0, await program.ExitCodeAsync());
        Assert.Contains("Oidc:Authority must be https in Production", program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_gateway_does_not_start_without_the_address_of_a_service()
    {
        var settings = host.GatewaySettings(RunningProgram.FreePort(), RunningProgram.FreePort());
        settings["Oidc:Authority"] = host.IdpOrigin;
        settings.Remove("services:loyalty:http:0");
        await using var program = RunningProgram.Project("Crm.Gateway", settings);
        Assert.NotEqual(0, await program.ExitCodeAsync());
        Assert.Contains("services:loyalty:http", program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_provider_that_is_away_stops_new_sign_ins_and_nobody_who_is_signed_in()
    {
        var browser = await host.SignedInAsync("hendra");
        var (origin, _) = await host.StartGatewayAsync(RunningProgram.FreePort(), new() { ["Oidc:Authority"] = "http://localhost:1" });
        using var signIn = await new Browser(origin).GetAsync("/signin");
        Assert.Equal(503, (int)signIn.StatusCode);
        using var bearer = await GatewayHost.GetAsync(origin + "/session", "x.y.z");
        Assert.Equal(503, (int)bearer.StatusCode); // cannot be judged, hence not let in
        using var session = await new Browser(origin) { ["__Host-crm"] = browser["__Host-crm"] }.GetAsync("/session"); // a replica with the same database
        Assert.Equal(200, (int)session.StatusCode);
    }

    [Fact]
    public void The_gateway_references_contracts_and_the_kernel_only()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "CrmPlatform.sln"))) root = root.Parent!;
        var project = XDocument.Load(Path.Combine(root.FullName, "gateway", "Crm.Gateway", "Crm.Gateway.csproj"));
        var references = project.Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)).ToList();
        Assert.Equal(7, references.Count);
        Assert.All(references, name => Assert.True(name == "Crm.ServiceDefaults" || name.EndsWith(".Contracts", StringComparison.Ordinal), name));
    }
}
