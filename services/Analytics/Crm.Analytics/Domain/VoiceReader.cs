using Crm.Analytics.Models.Voice;

namespace Crm.Analytics.Domain;

public sealed record HeardText(string Language, Sentiment Sentiment, string[] Topics, string ModelVersion);

/// <summary>Reads a text in either language, on this machine: the trained model for Indonesian, the word list for English.</summary>
public sealed class VoiceReader
{
    public const string IndonesianVersion = "sentiment-id/1";
    private readonly SentimentModel _indonesian;

    public VoiceReader()
    {
        using var weights = typeof(VoiceReader).Assembly.GetManifestResourceStream("sentiment-id.bin")
            ?? throw new InvalidOperationException("The sentiment model is not in the assembly.");
        _indonesian = SentimentModel.Read(weights);
    }

    public HeardText Read(string text)
    {
        var language = Language.Of(text);
        return language == Language.English
            ? new HeardText(language, EnglishLexicon.Score(text), Topics.Of(text), EnglishLexicon.Version)
            : new HeardText(language, _indonesian.Score(text), Topics.Of(text), IndonesianVersion);
    }
}
