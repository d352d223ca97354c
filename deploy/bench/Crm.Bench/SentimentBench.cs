using System.Diagnostics;
using System.Globalization;
using Crm.Analytics.Models.Voice;
using Crm.Testing;

namespace Crm.Bench;

/// <summary>Texts a second on one core by the shipped model, the SmSA validation texts over and over; the reference is the stated goal.</summary>
internal sealed class SentimentBench : IBench
{
    private const double Goal = 20_000;

    public string Name => "sentiment";
    public string Summary => "sentiment of Indonesian texts on one core, against the goal of 20,000 a second";

    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        if (Repository.SharedData("smsa", "valid.tsv") is not { } file)
        {
            await Console.Error.WriteLineAsync("sentiment: there is no ../shared/data/smsa/valid.tsv");
            return 1;
        }

        var texts = File.ReadLines(file).Select(line => line.Split('\t')[0]).ToArray();
        await using var weights = File.OpenRead(Repository.PathOf("services", "Analytics", "Crm.Analytics", "Resources", "sentiment-id.bin"));
        var model = SentimentModel.Read(weights);
        foreach (var text in texts) model.Score(text);
        var rates = new double[11];
        for (var run = 0; run < rates.Length; run++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var clock = Stopwatch.StartNew();
            for (var i = 0; i < 10; i++)
            {
                foreach (var text in texts) model.Score(text);
            }

            rates[run] = 10 * texts.Length / clock.Elapsed.TotalSeconds;
        }

        Array.Sort(rates);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{texts.Average(text => text.Length):F0} characters a text, {rates[0]:F0} to {rates[^1]:F0} texts/s"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"sentiment: ours {rates[5]:F0} texts/s, reference {Goal:F0} texts/s, ratio {rates[5] / Goal:F2}"));
        return rates[5] >= Goal ? 0 : 1;
    }
}
