using System.Globalization;
using Crm.Testing;

namespace Crm.Bench;

/// <summary>
/// Memory of the idle platform, every service with one replica, against the budget of a small machine. The total is the proportional set
/// size (proc(5), smaps_rollup) of all its processes, servers included: pages that processes share, such as the runtime's code, count once.
/// A resource's own line is its resident set, which counts them every time; that is what its budget is held against.
/// </summary>
internal sealed class MemoryBench : IBench
{
    private const double BudgetMegabytes = 1500;
    private const double ServiceBudgetMegabytes = 150;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(45);

    public string Name => "memory";

    public string Summary => "resident memory of the idle platform against its budget of 1,500 MB";

    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var platform = new Platform();
        await platform.InitializeAsync();
        try
        {
            await Task.Delay(Settle, cancellationToken);
            var total = ProcessTree(platform.ProcessId).Sum(ProportionalMegabytes);
            var over = 0;
            foreach (var resource in (await platform.ResourcesAsync()).EnumerateArray())
            {
                var megabytes = resource.GetProperty("memoryBytes").GetDouble() / 1_000_000;
                var service = resource.GetProperty("type").GetString()!.Contains("project", StringComparison.OrdinalIgnoreCase);
                if (service && megabytes > ServiceBudgetMegabytes) over++;
                Console.WriteLine($"  {resource.GetProperty("name").GetString(),-18} {megabytes,7:F0} MB{(service && megabytes > ServiceBudgetMegabytes ? "  over 150 MB" : "")}");
            }

            Console.WriteLine($"memory: ours {total:F0} MB, reference {BudgetMegabytes:F0} MB, ratio {total / BudgetMegabytes:F3}");
            return total <= BudgetMegabytes && over == 0 ? 0 : 1;
        }
        finally
        {
            await platform.DisposeAsync();
        }
    }

    private static IEnumerable<int> ProcessTree(int root)
    {
        var children = Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _))
            .Select(name => (Id: int.Parse(name!, CultureInfo.InvariantCulture), Parent: ParentOf(name!))).ToLookup(process => process.Parent, process => process.Id);
        var found = new Queue<int>([root]);
        while (found.TryDequeue(out var id))
        {
            yield return id;
            foreach (var child in children[id]) found.Enqueue(child);
        }
    }

    /// <summary>Field 4 of proc(5) stat; 0 where the process has ended meanwhile.</summary>
    private static int ParentOf(string id)
    {
        var path = $"/proc/{id}/stat";
        if (!File.Exists(path)) return 0;
        var stat = File.ReadAllText(path);
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
    }

    private static double ProportionalMegabytes(int id)
    {
        var path = $"/proc/{id}/smaps_rollup";
        if (!File.Exists(path)) return 0;
        var line = File.ReadLines(path).FirstOrDefault(line => line.StartsWith("Pss:", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024 / 1_000_000;
    }
}
