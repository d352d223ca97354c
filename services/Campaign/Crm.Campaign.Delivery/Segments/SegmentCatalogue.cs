namespace Crm.Campaign.Domain.Segments;

/// <summary>
/// What may be asked. <c>@now</c>, <c>@today</c> and the zones whose calendar is a day ahead of or behind it are parameters of the compiler.
/// A subquery finds its rows by the customer's id, so that it costs the same whatever the size of the audience.
/// </summary>
internal static class SegmentCatalogue
{
    /// <summary>The date where the customer lives; UTC's where the zone is not known.</summary>
    public const string LocalToday = "(CASE WHEN a.time_zone = ANY(@zonesAhead) THEN @today + 1 WHEN a.time_zone = ANY(@zonesBehind) THEN @today - 1 ELSE @today END)";

    private const string Lines = "FROM audience_purchase_lines l WHERE l.customer_id = a.customer_id AND l.purchased_at IS NOT NULL{scope})";
    private const string Messages = "FROM deliveries d WHERE d.customer_id = a.customer_id AND d.state = 'sent'{scope})";

    public static readonly IReadOnlyList<SegmentField> Fields =
    [
        new("language", FieldType.Text, "a.language", "Bahasa", "Language"),
        new("timeZone", FieldType.Text, "a.time_zone", "Zona waktu", "Time zone"),
        new("city", FieldType.Text, "a.city", "Kota", "City"),
        new("province", FieldType.Text, "a.province", "Provinsi", "Province"),
        new("postalCode", FieldType.Text, "a.postal_code", "Kode pos", "Postal code"),
        new("country", FieldType.Text, "a.country", "Negara", "Country"),
        new("emailDomain", FieldType.Text, "lower(split_part(a.email, '@', -1))", "Domain e-mail", "E-mail domain"),
        new("gender", FieldType.Text, "a.gender", "Jenis kelamin", "Gender"),
        new("birthDate", FieldType.Date, "a.birth_date", "Tanggal lahir", "Birth date"),
        new("birthMonth", FieldType.Number, "extract(month FROM a.birth_date)", "Bulan lahir", "Month of birth"),
        new("birthDay", FieldType.Number, "extract(day FROM a.birth_date)", "Tanggal dalam bulan lahir", "Day of the month of birth"),
        new("age", FieldType.Number, $"date_part('year', age({LocalToday}, a.birth_date))::int", "Umur", "Age"),
        new("tags", FieldType.Tags, "a.tags", "Label", "Tags"),
        new("lifecycleStage", FieldType.Text, "a.lifecycle_stage", "Tahap hubungan", "Lifecycle stage"),
        new("registeredAt", FieldType.Instant, "a.registered_at", "Terdaftar", "Registered"),

        new("purchaseCount", FieldType.Number, "a.purchase_count", "Jumlah pembelian", "Purchases"),
        new("purchaseTotal", FieldType.Number, "a.purchase_total", "Nilai pembelian", "Value of purchases"),
        new("purchaseAverage", FieldType.Number, "round(a.purchase_total / nullif(a.purchase_total_count, 0), 4)", "Rata-rata nilai pembelian", "Average purchase"),
        new("firstPurchaseAt", FieldType.Instant, "a.first_purchased_at", "Pembelian pertama", "First purchase"),
        new("lastPurchaseAt", FieldType.Instant, "a.last_purchased_at", "Pembelian terakhir", "Last purchase"),
        new("daysSinceLastPurchase", FieldType.Number, "floor(extract(epoch FROM (@now - a.last_purchased_at)) / 86400)", "Hari sejak pembelian terakhir", "Days since the last purchase"),
        new("bought.quantity", FieldType.Number, $"(SELECT coalesce(sum(l.quantity), 0) {Lines}", "Banyaknya barang dibeli", "Quantity bought", Scope: ScopeKind.Purchases, TimeColumn: "l.purchased_at"),
        new("bought.total", FieldType.Number, $"(SELECT coalesce(sum(l.total) FILTER (WHERE l.currency = a.purchase_currency), 0) {Lines}", "Nilai barang dibeli", "Value bought", Scope: ScopeKind.Purchases, TimeColumn: "l.purchased_at"),
        new("bought.purchases", FieldType.Number, $"(SELECT count(DISTINCT l.purchase_id) {Lines}", "Banyaknya pembelian barang", "Purchases with it", Scope: ScopeKind.Purchases, TimeColumn: "l.purchased_at"),
        new("bought.firstAt", FieldType.Instant, $"(SELECT min(l.purchased_at) {Lines}", "Pertama kali dibeli", "First bought", Scope: ScopeKind.Purchases, TimeColumn: "l.purchased_at"),
        new("bought.lastAt", FieldType.Instant, $"(SELECT max(l.purchased_at) {Lines}", "Terakhir dibeli", "Last bought", Scope: ScopeKind.Purchases, TimeColumn: "l.purchased_at"),

        new("recencyScore", FieldType.Number, "a.recency_score", "Skor R", "R score"),
        new("frequencyScore", FieldType.Number, "a.frequency_score", "Skor F", "F score"),
        new("monetaryScore", FieldType.Number, "a.monetary_score", "Skor M", "M score"),
        new("pAlive", FieldType.Number, "a.p_alive", "Peluang masih aktif", "Probability of being active", IsFloating: true),
        new("expectedPurchases", FieldType.Number, "a.expected_purchases", "Perkiraan pembelian", "Expected purchases", IsFloating: true),
        new("clv", FieldType.Number, "a.clv", "Nilai seumur hidup", "Lifetime value"),
        new("clvPercentile", FieldType.Number, "a.clv_percentile", "Persentil nilai seumur hidup", "Percentile of lifetime value", IsFloating: true),

        new("points", FieldType.Number, "a.points", "Poin", "Points"),
        new("isMember", FieldType.Boolean, "a.is_member", "Anggota", "Member"),
        new("openCases", FieldType.Number, "a.open_cases", "Kasus terbuka", "Open cases"),

        new("messages.sent", FieldType.Number, $"(SELECT count(*) {Messages}", "Pesan terkirim", "Messages sent", Scope: ScopeKind.Messages, TimeColumn: "d.sent_at"),
        new("messages.opened", FieldType.Number, $"(SELECT count(d.opened_at) {Messages}", "Pesan dibuka", "Messages opened", Scope: ScopeKind.Messages, TimeColumn: "d.opened_at"),
        new("messages.clicked", FieldType.Number, $"(SELECT count(d.clicked_at) {Messages}", "Pesan diklik", "Messages clicked", Scope: ScopeKind.Messages, TimeColumn: "d.clicked_at"),
        new("messages.lastSentAt", FieldType.Instant, $"(SELECT max(d.sent_at) {Messages}", "Pesan terakhir", "Last message", Scope: ScopeKind.Messages, TimeColumn: "d.sent_at"),

        new("hasEmail", FieldType.Boolean, "(a.email IS NOT NULL)", "Punya e-mail", "Has an e-mail address"),
        new("hasPhone", FieldType.Boolean, "(a.phone IS NOT NULL)", "Punya telepon", "Has a phone number"),
        new("hasAddress", FieldType.Boolean, "(a.street IS NOT NULL)", "Punya alamat", "Has a postal address"),
        new("consent.email", FieldType.Boolean, "a.consent_email", "Izin e-mail", "Consent to e-mail"),
        new("consent.sms", FieldType.Boolean, "a.consent_sms", "Izin SMS", "Consent to SMS"),
        new("consent.whatsapp", FieldType.Boolean, "a.consent_whatsapp", "Izin WhatsApp", "Consent to WhatsApp"),
        new("consent.phone", FieldType.Boolean, "a.consent_phone", "Izin telepon", "Consent to phone calls"),
        new("consent.post", FieldType.Boolean, "a.consent_post", "Izin pos", "Consent to post"),
        new("consent.push", FieldType.Boolean, "a.consent_push", "Izin notifikasi", "Consent to notifications"),
        new("consent.webhook", FieldType.Boolean, "a.consent_webhook", "Izin webhook", "Consent to webhooks"),
    ];
}
