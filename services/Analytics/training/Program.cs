using System.Diagnostics;
using System.Globalization;
using Crm.Analytics.Models.Voice;

// Trains the Indonesian sentiment model from SmSA and prints its scores:
//   dotnet run -c Release --project services/Analytics/training -- ../shared/data/smsa services/Analytics/Crm.Analytics/Resources/sentiment-id.bin
if (args is not [var folder, var target])
{
    await Console.Error.WriteLineAsync("Give the folder with train.tsv and valid.tsv, and the file to write.");
    return 2;
}

var (train, valid) = (Read("train.tsv"), Read("valid.tsv"));
var clock = Stopwatch.StartNew();
var model = SentimentTraining.Fit(train, epochs: 6, rate: 0.3f, decay: 2e-6f, seed: 20260101);
Print("trained in", $"{clock.Elapsed.TotalSeconds:F1} s on {train.Length} texts");
await using (var file = File.Create(target)) model.Write(file);
Print("size", $"{new FileInfo(target).Length} bytes");
Report("train", train);
Report("valid", valid);
// Never trained or tuned on, and read only where somebody has put it beside the others.
if (File.Exists(Path.Combine(folder, "test.tsv"))) Report("test", Read("test.tsv"));

clock.Restart();
var texts = 0;
while (clock.Elapsed < TimeSpan.FromSeconds(3))
{
    foreach (var text in valid) model.Score(text.Text);
    texts += valid.Length;
}

Print("speed", $"{texts / clock.Elapsed.TotalSeconds:F0} texts a second on one core, {valid.Average(text => text.Text.Length):F0} characters each");
return 0;

LabelledText[] Read(string name) => [.. File.ReadLines(Path.Combine(folder, name)).Where(line => line.Contains('\t')).Select(line => line.Split('\t'))
    .Select(cells => new LabelledText(cells[0], Array.IndexOf(["negative", "neutral", "positive"], cells[1].Trim())))];

void Report(string split, LabelledText[] labelled)
{
    var scores = SentimentTraining.Measure(model, labelled);
    Print(split, $"n {scores.Texts}, accuracy {scores.Accuracy:F4}, macro-F1 {scores.MacroF1:F4}, log loss {scores.LogLoss:F4}");
    for (var k = 0; k < 3; k++) Print($"  {new[] { "negative", "neutral", "positive" }[k]}", $"{scores.Confusion[k, 0]} {scores.Confusion[k, 1]} {scores.Confusion[k, 2]}");
}

static void Print(string name, FormattableString text) => Console.WriteLine($"{name,-12} {text.ToString(CultureInfo.InvariantCulture)}");
