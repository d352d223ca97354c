using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Crm.Analytics.Models.Voice;

/// <summary>
/// Multinomial logistic regression over <see cref="TextFeatures"/>, a weight a byte: three classes in a row of four, so that a feature is one
/// read of memory. Trained by <c>services/Analytics/training</c>; the model card is beside it.
/// </summary>
public sealed class SentimentModel
{
    private const int Magic = 0x544E5331; // "1SNT"
    private const int HeaderBytes = 8 + (5 * sizeof(float));
    private const int Row = 4;
    private readonly sbyte[] _weights;
    private readonly float _scale;
    private readonly float[] _bias;
    private readonly float _temperature;

    private SentimentModel(sbyte[] weights, float scale, float[] bias, float temperature) =>
        (_weights, _scale, _bias, _temperature) = (weights, scale, bias, temperature);

    /// <summary>From trained weights: row by row, negative, neutral, positive.</summary>
    public static SentimentModel Quantise(float[] weights, float[] bias, float temperature)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(weights.Length, 3 * TextFeatures.Buckets);
        // The few largest weights are cut, so that a step is fine enough for the many.
        var sorted = weights.Select(Math.Abs).Where(weight => weight > 0).Order().ToArray();
        var scale = sorted.Length == 0 ? 1 : sorted[(int)(sorted.Length * 0.9995)] / 127;
        var bytes = new sbyte[Row * TextFeatures.Buckets];
        for (var i = 0; i < TextFeatures.Buckets; i++)
        {
            for (var k = 0; k < 3; k++) bytes[(Row * i) + k] = (sbyte)Math.Clamp(MathF.Round(weights[(3 * i) + k] / scale), -127, 127);
        }

        return new SentimentModel(bytes, scale, bias, temperature);
    }

    public Sentiment Score(ReadOnlySpan<char> text)
    {
        Span<int> features = stackalloc int[TextFeatures.RoomFor(text)];
        var n = TextFeatures.Extract(text, features);
        var (negative, neutral, positive) = (0, 0, 0);
        foreach (var feature in features[..n])
        {
            var row = _weights.AsSpan(Row * feature, Row);
            negative += row[0];
            neutral += row[1];
            positive += row[2];
        }

        var factor = n == 0 ? 0 : _scale / MathF.Sqrt(n);
        return Sentiment.Of((factor * negative) + _bias[0], (factor * neutral) + _bias[1], (factor * positive) + _bias[2], _temperature);
    }

    public void Write(Stream stream)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        BinaryPrimitives.WriteInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], TextFeatures.Bits);
        float[] numbers = [_scale, _temperature, .. _bias];
        for (var i = 0; i < numbers.Length; i++) BinaryPrimitives.WriteSingleLittleEndian(header[(8 + (4 * i))..], numbers[i]);
        stream.Write(header);
        stream.Write(MemoryMarshal.AsBytes(_weights.AsSpan()));
    }

    public static SentimentModel Read(Stream stream)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        stream.ReadExactly(header);
        if (BinaryPrimitives.ReadInt32LittleEndian(header) != Magic || BinaryPrimitives.ReadInt32LittleEndian(header[4..]) != TextFeatures.Bits)
        {
            throw new InvalidDataException("Not a sentiment model of this version.");
        }

        var numbers = new float[5];
        for (var i = 0; i < numbers.Length; i++) numbers[i] = BinaryPrimitives.ReadSingleLittleEndian(header[(8 + (4 * i))..]);
        var weights = new sbyte[Row * TextFeatures.Buckets];
        stream.ReadExactly(MemoryMarshal.AsBytes(weights.AsSpan()));
        return new SentimentModel(weights, numbers[0], numbers[2..], numbers[1]);
    }
}
