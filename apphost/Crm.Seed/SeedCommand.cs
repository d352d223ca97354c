using System.Globalization;

namespace Crm.Seed;

/// <summary>What the command line asks for.</summary>
internal sealed record SeedCommand(string? CdnowFile, int Customers, bool ShowsHelp)
{
    public const int DefaultCustomers = 2_000;
    private const int MinCustomers = 50;
    private const int MaxCustomers = 200_000;

    public const string Help =
        """
        usage: crm seed [--customers N]   a generated population of an Indonesian shop (2,000 customers unless said otherwise)
               crm seed cdnow FILE        the CDNOW purchase histories: the master file or its 1/10th sample

        Loads data through the running platform's own interfaces, as a department's system would. Loading twice changes nothing.
        """;

    public static SeedCommand Parse(string[] args) => args switch
    {
        [] => new SeedCommand(null, DefaultCustomers, false),
        ["-h" or "--help" or "help"] => new SeedCommand(null, 0, true),
        ["cdnow", var file] => new SeedCommand(file, 0, false),
        ["--customers", var number] when int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var customers)
            && customers is >= MinCustomers and <= MaxCustomers => new SeedCommand(null, customers, false),
        ["--customers", ..] => throw Wrong($"--customers takes a number from {MinCustomers} to {MaxCustomers}."),
        _ => throw Wrong($"'{string.Join(' ', args)}' is not understood."),
    };

    private static SeedException Wrong(string message) => new($"{message}\n\n{Help}", exitCode: 2);
}
