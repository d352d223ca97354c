using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A string with values that are only known once the application has started.</summary>
public sealed class ReferenceExpression : IManifestExpressionProvider, IValueProvider
{
    private ReferenceExpression(string format, IValueProvider[] valueProviders, string[] manifestExpressions)
    {
        Format = format;
        ValueProviders = valueProviders;
        ManifestExpressions = manifestExpressions;
    }

    public string Format { get; }
    public IReadOnlyList<IValueProvider> ValueProviders { get; }
    public IReadOnlyList<string> ManifestExpressions { get; }
    public string ValueExpression => string.Format(CultureInfo.InvariantCulture, Format, [.. ManifestExpressions]);

    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => handler.ToExpression();

    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken)
    {
        var values = new object?[ValueProviders.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = await ValueProviders[i].GetValueAsync(cancellationToken).ConfigureAwait(false);
        return string.Format(CultureInfo.InvariantCulture, Format, values);
    }

    [InterpolatedStringHandler]
    public readonly ref struct ExpressionInterpolatedStringHandler
    {
        private readonly StringBuilder format;
        private readonly List<IValueProvider> providers;
        private readonly List<string> expressions;

        public ExpressionInterpolatedStringHandler(int literalLength, int formattedCount)
        {
            format = new StringBuilder(literalLength + (formattedCount * 4));
            providers = new List<IValueProvider>(formattedCount);
            expressions = new List<string>(formattedCount);
        }

        public void AppendLiteral(string value) => format.Append(Escape(value));

        public void AppendFormatted(string? value) => format.Append(Escape(value ?? ""));

        public void AppendFormatted<T>(T valueProvider) where T : IValueProvider, IManifestExpressionProvider
        {
            format.Append('{').Append(CultureInfo.InvariantCulture, $"{providers.Count}").Append('}');
            providers.Add(valueProvider);
            expressions.Add(valueProvider.ValueExpression);
        }

        public void AppendFormatted<T>(IResourceBuilder<T> valueProvider) where T : IResource, IValueProvider, IManifestExpressionProvider
        {
            ArgumentNullException.ThrowIfNull(valueProvider);
            AppendFormatted(valueProvider.Resource);
        }

        internal ReferenceExpression ToExpression() => new(format.ToString(), [.. providers], [.. expressions]);

        private static string Escape(string text)
            => text.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);
    }
}
