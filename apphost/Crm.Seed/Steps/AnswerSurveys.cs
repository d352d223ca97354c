using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Crm.Seed.Steps;

/// <summary>Brings the answers of surveys to analytics. An answer has the same id in every run, so it counts once.</summary>
internal static class AnswerSurveys
{
    private const int PerRequest = 500;

    public static async Task RunAsync(Run run, IReadOnlyDictionary<string, Guid> customers, CancellationToken cancellationToken)
    {
        var answers = run.Population.Answers.Where(answer => customers.ContainsKey(answer.CustomerId)).ToList();
        if (answers.Count == 0) return;
        using (var progress = run.Progress.Begin("Survey answers", answers.Count))
        {
            foreach (var part in answers.Chunk(PerRequest))
            {
                var surveys = part.Select(answer => new { AnswerId = IdOf(run.Population.Source, answer), CustomerId = customers[answer.CustomerId], answer.Kind, answer.Wave, answer.Score, answer.AnsweredAt }).ToList();
                // The same answers have the same key in every run: what was recorded is not recorded again.
                var key = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(surveys)).AsSpan(0, 12));
                await run.Platform.PostAsync("api/analytics/v1/value-facts", new { surveys }, $"seed {run.Population.Source} surveys {key}", cancellationToken);
                progress.Advance(part.Length);
            }
        }

        run.Report.Add(new PartReport("survey answers", answers.Count, 0, "each counts once"));
    }

    private static Guid IdOf(string source, PlannedAnswer answer) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes($"{source} {answer.CustomerId} {answer.Kind} {answer.Wave}")).AsSpan(0, 16));
}
