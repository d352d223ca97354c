using Crm.Campaign.Domain.Journeys;
using Crm.ServiceDefaults.Errors;

namespace Crm.Campaign.Features.Journeys;

/// <summary>What a simulation takes for granted, said with every result; and what it cannot replay.</summary>
internal static class SimulationAssumptions
{
    private static readonly string[] WithoutPast = [JourneyEvents.PointsPosted, JourneyEvents.CustomerChanged];

    private static readonly SimulationAssumption Present = new(
        "present_state", "Kriteria, persetujuan, alamat, dan daftar penolakan dinilai menurut keadaan sekarang, bukan saat itu.",
        "Criteria, consent, addresses and suppressions are judged by what they are now, not by what they were then.");

    private static readonly SimulationAssumption Cap = new(
        "cap", "Batas frekuensi menghitung pesan yang benar-benar terkirim dan pesan simulasi ini; jam tenang hanya menggeser pesan.",
        "The frequency cap counts what was really sent and what is simulated; quiet hours would only move messages.");

    private static readonly SimulationAssumption Beginning = new(
        "beginning", "Tidak ada yang berada dalam perjalanan ini pada awal jendela waktu.", "Nobody was in the journey at the beginning of the window.");

    private static readonly SimulationAssumption Segment = new(
        "segment", "Riwayat keanggotaan segmen tidak ada: semua anggota sekarang masuk pada awal jendela.", "A segment has no past: all who are in it now enter at the beginning of the window.");

    private static readonly SimulationAssumption Responses = new(
        "responses", "Pesan simulasi tidak dibuka atau diklik siapa pun: yang menunggunya menunggu sampai habis waktu.", "Nobody opens or clicks a simulated message: who waits for that waits until the time is over.");

    private static readonly SimulationAssumption NoPoints = new("points", "Tidak ada tindakan yang memberi poin: biaya poin nol.", "No action awards points: the points cost is zero.");

    private static readonly SimulationAssumption Recorded = new(
        "recorded", "Kasus, retur, keanggotaan, tag, dan rekomendasi dikenal sejak layanan ini mencatatnya; posting poin tidak diputar ulang.",
        "Cases, returns, enrolments, tags and referrals are known from when this service began to record them; postings of points are not replayed.");

    public static Error? WhyNot(JourneyTrigger trigger) => trigger switch
    {
        JourneyTrigger.Manual => Error.Unprocessable("campaign.simulation_manual", "Nobody can tell who would have been put in by name.", "definition.trigger.on"),
        JourneyTrigger.Event { Kind: var kind } when WithoutPast.Contains(kind) =>
            Error.Unprocessable("campaign.simulation_without_past", $"The past of '{kind}' is not kept, so it cannot be replayed.", "definition.trigger.on"),
        _ => null,
    };

    public static IReadOnlyList<SimulationAssumption> Of(JourneyDefinition definition)
    {
        var asked = definition.Nodes.Values.OfType<JourneyNode.WaitUntil>().Select(wait => wait.Event).Concat(definition.Goals.Keys).ToHashSet();
        return
        [
            Present, Cap, Beginning, Recorded, NoPoints,
            .. definition.Trigger is JourneyTrigger.Segment ? new[] { Segment } : [],
            .. asked.Contains(JourneyEvents.MessageOpened) || asked.Contains(JourneyEvents.MessageClicked) ? new[] { Responses } : [],
        ];
    }
}
