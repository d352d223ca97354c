namespace Crm.Campaign.Tests.Lists;

internal static class Csv
{
    public static async Task<HttpResponseMessage> SendAsync(HttpClient client, string path, string csv)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(csv, System.Text.Encoding.UTF8, "text/csv") };
        request.Headers.Add("Idempotency-Key", CampaignHost.NewId().ToString());
        return await client.SendAsync(request);
    }
}
