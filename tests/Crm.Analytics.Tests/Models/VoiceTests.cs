using Crm.Analytics.Domain;
using Crm.Analytics.Models.Voice;
using Crm.Testing;

namespace Crm.Analytics.Tests.Models;

public sealed class VoiceTests
{
    private static readonly VoiceReader Reader = new();

    [Fact]
    public void The_shipped_model_has_the_scores_of_its_card_on_texts_it_was_not_trained_on()
    {
        var texts = File.ReadLines(Repository.SharedData("smsa", "valid.tsv")!).Select(line => line.Split('\t')).Where(cells => cells.Length == 2).ToArray();
        var (right, f1) = (0, 0.0);
        var answers = texts.Select(cells => (Truth: cells[1].Trim(), Answer: Indonesian(cells[0]).Label)).ToArray();
        right = answers.Count(pair => pair.Truth == pair.Answer);
        foreach (var label in new[] { Sentiment.NegativeLabel, Sentiment.NeutralLabel, Sentiment.PositiveLabel })
        {
            f1 += 2.0 * answers.Count(pair => pair.Truth == label && pair.Answer == label) / (answers.Count(pair => pair.Truth == label) + answers.Count(pair => pair.Answer == label)) / 3;
        }

        Assert.Equal(1260, texts.Length);
        Assert.InRange((double)right / texts.Length, 0.86, 1);
        Assert.InRange(f1, 0.82, 1);
    }

    [Fact]
    public void The_weights_are_small() =>
        Assert.InRange(new FileInfo(Repository.PathOf("services", "Analytics", "Crm.Analytics", "Resources", "sentiment-id.bin")).Length, 1, 5_000_000);

    [Theory]
    [InlineData("pelayanan sangat buruk , saya kecewa sekali", "id", "negative")]
    [InlineData("makanan enak sekali , tempat nya nyaman dan pelayan ramah", "id", "positive")]
    [InlineData("The staff was very friendly and the food was excellent", "en", "positive")]
    [InlineData("The delivery was late and the package was broken", "en", "negative")]
    [InlineData("This is not good at all", "en", "negative")]
    [InlineData("I bought it in the shop on Monday", "en", "neutral")]
    public void Texts_are_read_in_both_languages(string text, string language, string label)
    {
        var heard = Reader.Read(text);
        Assert.Equal((language, label), (heard.Language, heard.Sentiment.Label));
        Assert.Equal(1, heard.Sentiment.Negative + heard.Sentiment.Neutral + heard.Sentiment.Positive, 9);
    }

    [Fact]
    public void Any_text_has_probabilities_and_never_more_features_than_there_is_room_for()
    {
        var random = new Random(8);
        string[] odd = ["", " ", "!", "?!?!", "@@@", "http://x.y", "😀😀", "\0", "a", "'", "aaaaaaaaaaaa", new('!', 9000), string.Concat(Enumerable.Repeat("a !", 3000)), new('x', 20_000)];
        var texts = odd.Concat(Enumerable.Range(0, 2000).Select(_ => new string([.. Enumerable.Range(0, random.Next(60)).Select(_ => (char)random.Next(1, 0xFFFF))])));
        var buffer = new int[TextFeatures.MaxFeatures + 8];
        Assert.All(texts, text =>
        {
            Assert.InRange(TextFeatures.Extract(text, buffer), 0, TextFeatures.RoomFor(text));
            Assert.True(double.IsFinite(Reader.Read(text).Sentiment.Index));
        });
        Assert.Equal(Indonesian("bagussss sekali"), Indonesian("baguss  SEKALI"));
    }

    [Fact]
    public void A_model_that_is_written_reads_back_and_the_same_texts_make_the_same_model()
    {
        LabelledText[] texts = [.. Enumerable.Range(0, 60).Select(i => new LabelledText(i % 3 == 0 ? "buruk sekali" : i % 3 == 1 ? "buka jam sepuluh" : "bagus sekali", i % 3))];
        byte[] Bytes()
        {
            using var stream = new MemoryStream();
            SentimentTraining.Fit(texts, 5, 0.3f, 0, 1).Write(stream);
            return stream.ToArray();
        }

        Assert.Equal(Bytes(), Bytes());
        using var again = new MemoryStream(Bytes());
        Assert.Equal(1, SentimentTraining.Measure(SentimentModel.Read(again), texts).Accuracy);
        Assert.Throws<InvalidDataException>(() => SentimentModel.Read(new MemoryStream(new byte[2_000_000])));
    }

    [Fact]
    public void The_index_has_an_interval_that_covers_the_truth_and_none_below_thirty_texts()
    {
        var random = new Random(12);
        var covered = Enumerable.Range(0, 300).Count(_ =>
        {
            var index = SentimentIndex.Of([.. Enumerable.Range(0, 60).Select(_ => random.NextDouble() < 0.7 ? 0.8 : -0.6)]);
            return index.Low <= 0.38 && 0.38 <= index.High;
        });
        Assert.InRange(covered / 300.0, 0.90, 0.98);
        Assert.Equal("n_below_30", SentimentIndex.Of([1, 1]).Reason);
        Assert.Equal((null, "no_texts"), (SentimentIndex.Of([]).Value, SentimentIndex.Of([]).Reason));
    }

    [Fact]
    public void Topics_are_named_in_both_languages() =>
        Assert.Equal(["price", "delivery"], Topics.Of("harga murah tapi pengiriman lama"));

    private static Sentiment Indonesian(string text)
    {
        using var weights = File.OpenRead(Repository.PathOf("services", "Analytics", "Crm.Analytics", "Resources", "sentiment-id.bin"));
        return (Model ??= SentimentModel.Read(weights)).Score(text);
    }

    private static SentimentModel? Model { get; set; }
}
