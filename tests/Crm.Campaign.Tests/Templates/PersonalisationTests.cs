using Crm.Campaign.Products;
using Crm.Campaign.Tests.Smtp;
using Crm.Customer.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;
using Crm.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Crm.Campaign.Tests.Templates;

[Collection(CampaignCollection.Name)]
public sealed class PersonalisationTests(CampaignHost host) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => host.CancelAllAsync();

    [Fact]
    public async Task A_mail_lists_what_others_bought_with_it_and_says_what_is_for_a_segment()
    {
        var tag = CampaignHost.NewTag();
        var customers = await host.RegisterAsync(tag, 6);
        var (coffee, filter, sugar, tea) = (tag + "-coffee", tag + "-filter", tag + "-sugar", tag + "-tea");
        // Two others bought filters and tea with their coffee, one of them sugar; the first recipient has coffee, the second nothing.
        await BuyAsync(customers[0].CustomerId, coffee);
        await BuyAsync(customers[2].CustomerId, coffee, filter);
        await BuyAsync(customers[3].CustomerId, coffee, filter, sugar);
        foreach (var customer in customers.Skip(2)) await BuyAsync(customer.CustomerId, tea);
        await RebuildAsync();
        var tagged = await host.Marketer.PostAsync("/api/campaign/v1/segments", new { name = tag, criteria = new { field = "tags", op = "contains", value = tag } }).OkJsonAsync();
        var vip = await host.Marketer.PostAsync("/api/campaign/v1/segments", new
        {
            name = "buyers",
            criteria = new { all = new object[] { new { segment = tagged.GetProperty("id").GetGuid() }, new { field = "purchaseCount", op = "gte", value = 1 } } },
        }).OkJsonAsync();
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay);

        var campaign = await host.CreateCampaignAsync(
            tag, html: $$$"""<p>{{#segment "{{{vip.GetProperty("id").GetGuid()}}}"}}Pelanggan{{else}}Tamu{{/segment}}:{{#products 2}} [{{name}}]{{/products}}</p>""");
        await host.ActAsync(campaign, "launch");
        await host.FinishedAsync(campaign);

        var mails = (await PythonMailReader.ReadAsync(relay.Contents)).ToDictionary(mail => mail.To.Single()[1], mail => mail.Parts[0].Body.Split('\n')[0].Trim());
        Assert.Equal($"Pelanggan: [Nama {filter}] [Nama {tea}]", mails[customers[0].Email!]);
        Assert.StartsWith("Tamu: [", mails[customers[1].Email!], StringComparison.Ordinal);
        Assert.Equal(2, mails[customers[1].Email!].Count(character => character == '['));
        Assert.DoesNotContain($"[Nama {coffee}]", mails[customers[3].Email!], StringComparison.Ordinal);
        Assert.DoesNotContain($"[Nama {tea}]", mails[customers[3].Email!], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_preview_shows_blocks_for_the_person_and_an_example_of_a_coupon_in_the_language_asked_for()
    {
        var tag = CampaignHost.NewTag();
        var customer = (await host.RegisterAsync(tag, 1, number => CampaignHost.Customer(tag, number) with { CustomFields = [new CustomFieldState("shoeSize", Number: 42)], Preferences = [new PreferenceState("color", ["biru", "hijau"])] })).Single();
        var pool = "p" + CampaignHost.NewId().ToString("N")[20..];
        await host.Marketer.PostAsync("/api/campaign/v1/coupon-pools", new
        {
            name = pool, worthId = "a", worthEn = "a", validFrom = DateTimeOffset.UnixEpoch, validUntil = TimeProvider.System.GetUtcNow().AddDays(1),
        }).OkJsonAsync();
        var template = await host.Marketer.PostAsync("/api/campaign/v1/templates", new
        {
            name = "t",
            channel = "push",
            contents = new
            {
                id = new { subject = "Untuk {{firstName \"Anda\"}}", text = $$$"""Ukuran {{custom.shoeSize}}, {{preference.color "merah"}}: {{coupon "{{{pool}}}"}}""" },
                en = new { subject = "For {{firstName}}", text = "Size {{custom.shoeSize}}{{#if preference.size}}!{{/if}}" },
            },
        }).OkJsonAsync();
        var path = $"/api/campaign/v1/templates/{template.GetProperty("id").GetGuid()}/preview";

        var indonesian = await host.Marketer.PostAsync(path, new { customerId = customer.CustomerId }).OkJsonAsync();
        var english = await host.Marketer.PostAsync(path, new { customerId = customer.CustomerId, language = "en" }).OkJsonAsync();

        Assert.Equal(("Untuk Budi", "Ukuran 42, biru, hijau: CONTOH-EXAMPLE"), (indonesian.GetProperty("subject").GetString(), indonesian.GetProperty("text").GetString()));
        Assert.Equal(("For Budi", "Size 42"), (english.GetProperty("subject").GetString(), english.GetProperty("text").GetString()));
        Assert.Equal(0, await host.QueryAsync<long>("SELECT count(delivery_id) FROM coupon_codes k JOIN coupon_pools p ON p.id = k.pool_id WHERE p.name = @pool", new { pool }));
    }

    private async Task BuyAsync(Guid customer, params string[] skus)
    {
        var now = TimeProvider.System.GetUtcNow();
        await host.Bus.PublishAsync(
            new PurchasesRecorded(CampaignHost.NewId(), now,
            [
                new RecordedPurchase(CampaignHost.NewId(), customer, "till", CampaignHost.NewId().ToString(), now, "IDR", 1000,
                    [.. skus.Select((sku, line) => new RecordedLine(line + 1, sku, $"Nama {sku}", "food", 1, 1000, 0, 0, 1000, null, null))]),
            ]),
            CampaignHost.NewId());
        await Eventually.Holds(async () =>
        {
            Assert.Equal(skus.Length, await host.QueryAsync<long>("SELECT count(*) FROM audience_purchase_lines WHERE customer_id = @customer AND sku = ANY(@skus)", new { customer, skus }));
            Assert.Equal(skus.Length, await host.QueryAsync<long>("SELECT count(*) FROM products WHERE sku = ANY(@skus)", new { skus }));
        });
    }

    private async Task RebuildAsync()
    {
        await using var scope = host.Services.CreateAsyncScope();
        var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        Assert.True(await ProductPairs.RebuildAsync(unitOfWork, TimeProvider.System.GetUtcNow(), CancellationToken.None));
        await unitOfWork.CommitAsync(CancellationToken.None);
    }
}
