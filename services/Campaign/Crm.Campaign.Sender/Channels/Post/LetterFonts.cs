using PdfSharp.Drawing;
using PdfSharp.Fonts;

namespace Crm.Campaign.Sender.Channels.Post;

/// <summary>The two fonts of a letter, read from files. PDFsharp asks one resolver for the whole process.</summary>
internal sealed class LetterFonts : IFontResolver
{
    private const string Family = "DejaVu Sans";
    private static readonly Lock Gate = new();
    private readonly Dictionary<string, byte[]> _files;

    private LetterFonts(string directory) =>
        _files = new[] { "DejaVuSans", "DejaVuSans-Bold" }.ToDictionary(name => name, name => File.ReadAllBytes(Path.Combine(directory, name + ".ttf")));

    public static XFont Text { get; private set; } = null!;
    public static XFont Bold { get; private set; } = null!;
    public static XFont Small { get; private set; } = null!;

    /// <exception cref="InvalidOperationException">The files are not there.</exception>
    public static void Load(string directory)
    {
        lock (Gate)
        {
            if (GlobalFontSettings.FontResolver is LetterFonts) return;
            try
            {
                GlobalFontSettings.FontResolver = new LetterFonts(directory);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new InvalidOperationException($"Letters cannot be set: {exception.Message} (Print:FontDirectory; Debian's package fonts-dejavu-core)", exception);
            }

            (Text, Bold, Small) = (new XFont(Family, 10.5), new XFont(Family, 10.5, XFontStyleEx.Bold), new XFont(Family, 7));
        }
    }

    public byte[]? GetFont(string faceName) => _files.GetValueOrDefault(faceName);

    public FontResolverInfo? ResolveTypeface(string familyName, bool isBold, bool isItalic) => new(isBold ? "DejaVuSans-Bold" : "DejaVuSans");
}
