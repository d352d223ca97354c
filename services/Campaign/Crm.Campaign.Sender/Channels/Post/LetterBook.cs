using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using PdfSharp;
using PdfSharp.Drawing;
using PdfSharp.Pdf;

namespace Crm.Campaign.Sender.Channels.Post;

/// <param name="ReturnLine">Where the post brings it back to, above the address.</param>
internal sealed record Letter(
    Guid DeliveryId, Guid CustomerId, string Language, IReadOnlyList<string> Address, string SenderName, string ReturnLine, string Heading, string Text, DateOnly Date);

/// <summary>
/// Sets letters as pages of one PDF, for a window envelope after DIN 5008 form B (address field 45 mm from the top, 20 mm from the left,
/// 85 by 45 mm; its lowest 27.3 mm hold six lines). The same letters make the same bytes.
/// </summary>
internal sealed partial class LetterBook
{
    private const double Left = 25, Right = 20, Bottom = 25, LineHeight = 5, PageHeight = 297, PageWidth = 210;
    private const double FirstAddressLine = 66.6, AddressLineHeight = 4.5, HeadingTop = 103.5, TextTop = 113, FollowingTop = 25;

    /// <summary>The PDF, and how many pages each letter has.</summary>
    public static (byte[] Pdf, IReadOnlyList<int> Pages) Set(IReadOnlyList<Letter> letters)
    {
        using var document = new PdfDocument();
        document.Info.Title = "Letters";
        document.Info.CreationDate = document.Info.ModificationDate = letters[0].Date.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);
        document.PageLayout = PdfPageLayout.SinglePage;
        using var measure = XGraphics.CreateMeasureContext(new XSize(Points(PageWidth), Points(PageHeight)), XGraphicsUnit.Point, XPageDirection.Downwards);
        var lines = new TextLines(measure);
        int[] pages = [.. letters.Select(letter => Set(document, letter, lines))];
        using var output = new MemoryStream();
        document.Save(output, closeStream: false);
        return (Settle(output.ToArray(), letters), pages);
    }

    private static int Set(PdfDocument document, Letter letter, TextLines lines)
    {
        var width = Points(PageWidth - Left - Right);
        var heading = lines.Break(letter.Heading, LetterFonts.Bold, width);
        var text = new Queue<string>(lines.Break(letter.Text, LetterFonts.Text, width));
        var firstTop = TextTop + ((heading.Count - 1) * LineHeight);
        var (onFirst, onOthers) = (Room(firstTop), Room(FollowingTop));
        var count = text.Count <= onFirst ? 1 : 1 + (int)Math.Ceiling((text.Count - onFirst) / (double)onOthers);
        for (var number = 1; number <= count; number++)
        {
            var page = document.AddPage();
            page.Size = PageSize.A4;
            using var canvas = XGraphics.FromPdfPage(page);
            if (number == 1) SetHead(canvas, letter, heading);
            var top = number == 1 ? firstTop : FollowingTop;
            for (var line = 0; line < (number == 1 ? onFirst : onOthers) && text.TryDequeue(out var words); line++) Draw(canvas, words, LetterFonts.Text, Left, top + (line * LineHeight));
            SetFoot(canvas, letter, number, count);
        }

        return count;
    }

    private static void SetHead(XGraphics canvas, Letter letter, IReadOnlyList<string> heading)
    {
        Draw(canvas, letter.SenderName, LetterFonts.Bold, Left, 22);
        Draw(canvas, letter.ReturnLine, LetterFonts.Small, Left, 61.2);
        for (var line = 0; line < letter.Address.Count; line++) Draw(canvas, letter.Address[line], LetterFonts.Text, Left, FirstAddressLine + (line * AddressLineHeight), 80);
        Draw(canvas, letter.Date.ToString("d MMMM yyyy", CultureInfo.GetCultureInfo(letter.Language == "id" ? "id-ID" : "en-GB")), LetterFonts.Text, 125, FirstAddressLine);
        for (var line = 0; line < heading.Count; line++) Draw(canvas, heading[line], LetterFonts.Bold, Left, HeadingTop + (line * LineHeight));
        foreach (var fold in new[] { 105.0, 210.0 }) canvas.DrawLine(new XPen(XColors.Gray, 0.4), Points(4), Points(fold), Points(8), Points(fold));
    }

    private static void SetFoot(XGraphics canvas, Letter letter, int number, int count)
    {
        Draw(canvas, $"Ref. {letter.DeliveryId:N}", LetterFonts.Small, Left, 284);
        if (count > 1) Draw(canvas, letter.Language == "id" ? $"Halaman {number} dari {count}" : $"Page {number} of {count}", LetterFonts.Small, 165, 284);
    }

    /// <summary>At a baseline in millimetres; a text that is wider than <paramref name="atMost"/> is set narrower, so that all of it shows in the window.</summary>
    private static void Draw(XGraphics canvas, string text, XFont font, double x, double y, double? atMost = null)
    {
        if (text.Length == 0) return;
        if (atMost is { } limit && canvas.MeasureString(text, font) is var size && size.Width > Points(limit)) font = new XFont(font.Name2, font.Size * Math.Max(0.5, Points(limit) / size.Width), font.Style);
        canvas.DrawString(text, font, XBrushes.Black, new XPoint(Points(x), Points(y)));
    }

    private static int Room(double top) => (int)Math.Floor((PageHeight - Bottom - top) / LineHeight) + 1;

    private static double Points(double millimetres) => millimetres * 72 / 25.4;

    /// <summary>
    /// The library draws ids of document and fonts by chance. They are replaced, in their own length, by such as follow from the content,
    /// so that a file that is made again has the same checksum.
    /// </summary>
    private static byte[] Settle(byte[] pdf, IReadOnlyList<Letter> letters)
    {
        var seed = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', letters.Select(letter => $"{letter.DeliveryId} {letter.Date} {letter.Heading} {letter.Text}")))));
        var text = Encoding.Latin1.GetString(pdf);
        text = DocumentId().Replace(text, match => $"{match.Groups[1].Value}{seed[..32]}{match.Groups[2].Value}{seed[..32]}{match.Groups[3].Value}");
        text = MetadataId().Replace(text, $"uuid:{seed[..8]}-{seed[8..12]}-{seed[12..16]}-{seed[16..20]}-{seed[20..32]}");
        var fonts = new List<string>();
        text = FontTag().Replace(text, match =>
        {
            if (!fonts.Contains(match.Value)) fonts.Add(match.Value);
            return $"/LETTE{(char)('A' + fonts.IndexOf(match.Value))}+";
        });
        return Encoding.Latin1.GetBytes(text);
    }

    [GeneratedRegex(@"(/ID\s*\[\s*<)[0-9A-Fa-f]{32}(>\s*<)[0-9A-Fa-f]{32}(>\s*\])")]
    private static partial Regex DocumentId();

    [GeneratedRegex("uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex MetadataId();

    [GeneratedRegex(@"/[A-Z]{6}\+(?=DejaVu)")]
    private static partial Regex FontTag();
}
