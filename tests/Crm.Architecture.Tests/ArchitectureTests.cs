using System.Text.RegularExpressions;
using System.Xml.Linq;
using Crm.Testing;

namespace Crm.Architecture.Tests;

/// <summary>The rules that keep the code base readable and the services independent.</summary>
public sealed class ArchitectureTests
{
    private static readonly string[] SourceFolders = ["services", "gateway", "apphost"];

    [Fact]
    public void A_service_references_its_own_code_what_is_shared_and_others_contracts_only()
    {
        foreach (var project in Projects("services").Where(path => !path.Contains("/Shared/", StringComparison.Ordinal)))
        {
            foreach (var reference in References(project))
            {
                var own = reference.StartsWith(ServiceFolder(project), StringComparison.Ordinal);
                var allowed = own || reference.Contains("/Shared/", StringComparison.Ordinal) || reference.EndsWith(".Contracts.csproj", StringComparison.Ordinal);
                Assert.True(allowed, $"{project} references {reference}");
            }
        }
    }

    [Fact]
    public void Contracts_reference_nothing_of_ours_and_no_bus()
    {
        foreach (var project in Projects("services").Where(path => path.EndsWith(".Contracts.csproj", StringComparison.Ordinal)))
        {
            Assert.Empty(References(project));
            Assert.DoesNotContain("MassTransit", File.ReadAllText(project), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_gateway_references_contracts_and_the_kernel_only() =>
        Assert.All(
            References(Repository.PathOf("gateway", "Crm.Gateway", "Crm.Gateway.csproj")),
            reference => Assert.Matches(@"(\.Contracts|Crm\.ServiceDefaults)\.csproj$", reference));

    [Fact]
    public void The_gateway_stays_small() =>
        Assert.InRange(Sources("gateway/Crm.Gateway").Sum(path => File.ReadAllLines(path).Length), 1, 2200);

    [Fact]
    public void The_kernel_keeps_to_its_budget()
    {
        var files = Sources("services/Shared/Crm.ServiceDefaults").ToList();
        Assert.InRange(files.Count, 1, 24);
        Assert.InRange(files.Sum(path => File.ReadAllLines(path).Length), 1, 2000);
    }

    [Fact]
    public void Every_program_reads_as_a_table_of_contents() =>
        Assert.All(
            Projects("services").Concat(Projects("gateway")).Select(path => Path.Combine(Path.GetDirectoryName(path)!, "Program.cs")).Where(File.Exists),
            program => Assert.True(File.ReadAllLines(program).Length <= 60, program + " is longer than 60 lines"));

    [Fact]
    public void No_file_is_named_for_what_it_is_not() =>
        Assert.All(
            SourceFolders.SelectMany(Sources),
            path => Assert.DoesNotMatch("(Manager|Helper|Helpers|Utils|Util|Common|Impl)\\.cs$", path));

    [Fact]
    public void Only_the_kernel_publishes() =>
        // Everything goes through the outbox; a direct publish is lost when the process dies after its commit.
        Assert.All(
            Sources("services").Where(path => !path.Contains("Crm.ServiceDefaults", StringComparison.Ordinal)),
            path => Assert.DoesNotMatch(@"\b(IPublishEndpoint|ISendEndpointProvider)\b|\bbus\.Publish\(", File.ReadAllText(path)));

    [Fact]
    public void Lists_are_never_paged_by_offset() =>
        Assert.All(
            Sources("services"),
            path => Assert.DoesNotMatch(new Regex(@"\bOFFSET\s+[@$0-9]", RegexOptions.None), File.ReadAllText(path)));

    [Fact]
    public void Tests_keep_the_build_rules() =>
        Assert.Contains("GetPathOfFileAbove('Directory.Build.props'", File.ReadAllText(Repository.PathOf("tests", "Directory.Build.props")), StringComparison.Ordinal);

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = File.ReadAllText(Repository.PathOf("CrmPlatform.sln")).Replace('\\', '/');
        Assert.All(
            new[] { "services", "gateway", "apphost", "tests", "deploy" }.SelectMany(Projects),
            project => Assert.Contains(Path.GetRelativePath(Repository.Root, project), solution, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Projects(string folder) => Files(folder, "*.csproj");

    private static IEnumerable<string> Sources(string folder) => Files(folder, "*.cs");

    private static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.GetFiles(Repository.PathOf(folder.Split('/')), pattern, SearchOption.AllDirectories)
            .Where(path => !path.Contains("/node_modules/", StringComparison.Ordinal) && !path.Contains("/obj/", StringComparison.Ordinal));

    private static string ServiceFolder(string project) => Repository.PathOf("services", Path.GetRelativePath(Repository.PathOf("services"), project).Split('/')[0]) + "/";

    private static IEnumerable<string> References(string project) =>
        XDocument.Load(project).Descendants("ProjectReference")
            .Select(reference => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(project)!, reference.Attribute("Include")!.Value.Replace('\\', '/'))));
}
