using System.Diagnostics;
using Crm.Campaign.Delivery.Templates;
using Crm.Campaign.Sender.Channels.Post;

namespace Crm.Campaign.Tests.Channels;

/// <summary>What a printer gets, read back with poppler's tools (Debian's package poppler-utils).</summary>
public sealed class LetterBookTests
{
    private const double PointsPerMillimetre = 72 / 25.4;

    [Fact]
    public async Task The_address_stands_in_the_window_and_the_text_below_it_on_as_many_pages_as_it_needs()
    {
        LetterFonts.Load("/usr/share/fonts/truetype/dejavu");
        var text = string.Join('\n', Enumerable.Range(1, 60).Select(number => $"Baris {number}: é ñ ü – kata kata kata kata kata kata kata kata kata kata kata kata kata kata kata kata."));
        var (pdf, pages) = LetterBook.Set([Letter("Ibu Sri Wahyuni", "Halo Sri, ada promo."), Letter("Bapak Joko", text)]);

        Assert.Equal([1, 3], pages);
        var (plain, boxes) = (await ReadAsync(pdf, "-layout"), await ReadAsync(pdf, "-bbox"));
        Assert.Equal(4, boxes.Split("<page ").Length - 1);
        Assert.Contains("Halo Sri, ada promo.", plain, StringComparison.Ordinal);
        Assert.Contains("Baris 60: é ñ ü", plain, StringComparison.Ordinal);
        Assert.Contains("Halaman 3 dari 3", plain, StringComparison.Ordinal);
        foreach (var word in new[] { "Wahyuni", "Merdeka", "40111", "Barat" })
        {
            var box = System.Text.RegularExpressions.Regex.Match(boxes, $"""<word xMin="([0-9.]+)" yMin="([0-9.]+)" xMax="([0-9.]+)" yMax="([0-9.]+)">{word}</word>""");
            Assert.True(box.Success, word);
            Assert.InRange(Millimetres(box, 1), 20, 105);
            Assert.InRange(Millimetres(box, 3), 20, 105);
            Assert.InRange(Millimetres(box, 2), 62, 90);
            Assert.InRange(Millimetres(box, 4), 62, 90);
        }
    }

    [Fact]
    public void The_same_letters_make_the_same_bytes_and_other_letters_do_not()
    {
        LetterFonts.Load("/usr/share/fonts/truetype/dejavu");
        Letter[] letters = [Letter("Ibu Sri", "Halo", new Guid("0198b0b4-0000-7000-8000-000000000001")), Letter("Bapak Joko", "Halo", new Guid("0198b0b4-0000-7000-8000-000000000002"))];
        Assert.Equal(LetterBook.Set(letters).Pdf, LetterBook.Set(letters).Pdf);
        Assert.NotEqual(LetterBook.Set(letters).Pdf, LetterBook.Set([letters[0], letters[1] with { Text = "Hai" }]).Pdf);
    }

    [Fact]
    public void A_word_without_end_and_a_text_without_words_are_set_too()
    {
        LetterFonts.Load("/usr/share/fonts/truetype/dejavu");
        Assert.Equal([2, 1], LetterBook.Set([Letter("X", new string('W', 2_000)), Letter(new string('N', 200), "\0\u0001\n\n")]).Pages);
    }

    [Theory]
    [InlineData("ID", "Siti Rahma|Jl. Merdeka 1|Bandung 40111|Jawa Barat")]
    [InlineData("DE", "Siti Rahma|Jl. Merdeka 1|40111 Bandung|Jawa Barat|GERMANY")]
    [InlineData(null, "Siti Rahma|Jl. Merdeka 1|Bandung 40111|Jawa Barat")]
    public void An_address_reads_as_the_post_of_its_country_reads_it(string? country, string expected) =>
        Assert.Equal(expected, string.Join('|', PostalLines.Of(Recipient("Jl. Merdeka 1", country))));

    [Fact]
    public void A_long_street_keeps_its_words_in_the_six_lines_of_the_window()
    {
        var lines = PostalLines.Of(Recipient("Gedung A\nLantai 3\nKamar 12\r\nJl. Merdeka 1\nRT 01", "DE"));
        Assert.Equal(6, lines.Count);
        Assert.Equal(["Gedung A", "Lantai 3, Kamar 12, Jl. Merdeka 1, RT 01"], lines.Skip(1).Take(2));
    }

    private static Recipient Recipient(string street, string? country) => new()
    {
        CustomerId = Guid.Empty, DisplayName = "Siti  Rahma\t", Street = street, PostalCode = "40111", City = "Bandung", Province = "Jawa Barat", Country = country,
    };

    private static Letter Letter(string name, string text, Guid? id = null) => new(
        id ?? CampaignHost.NewId(), Guid.Empty, "id", [name, "Jl. Merdeka 17", "Bandung 40111", "Jawa Barat"], "Toko Sejahtera", "Toko Sejahtera · Jl. Asia Afrika 8, Bandung",
        "Promo November", text, new DateOnly(2026, 11, 25));

    private static double Millimetres(System.Text.RegularExpressions.Match box, int group) =>
        double.Parse(box.Groups[group].Value, System.Globalization.CultureInfo.InvariantCulture) / PointsPerMillimetre;

    internal static async Task<string> ReadAsync(byte[] pdf, string option)
    {
        var path = Path.Combine(Path.GetTempPath(), $"letters-{CampaignHost.NewId():N}.pdf");
        await File.WriteAllBytesAsync(path, pdf);
        try
        {
            using var process = Process.Start(new ProcessStartInfo("pdftotext", [option, path, "-"]) { RedirectStandardOutput = true })!;
            var text = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.Equal(0, process.ExitCode);
            return text;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
