using System.Text.Json;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Loyalty.Contracts.Events.V1;
using Crm.Testing;

namespace Crm.Loyalty.Tests.Features;

public sealed class CardInquiryTests(LoyaltyHost host) : IClassFixture<LoyaltyHost>
{
    private const string Path = $"{LoyaltyHost.Api}/card-inquiries";

    [Fact]
    public async Task A_till_sees_member_and_balance_and_each_message_once_whatever_it_asks_again()
    {
        var (memberId, customerId) = await host.EnrolAsync();
        var card = await CardAsync(memberId);
        var campaign = LoyaltyHost.Ids.Next();
        var messages = Enumerable.Range(0, 4).Select(_ => LoyaltyHost.Ids.Next()).Order().Select((id, number) => new PreparedPosMessage(id, customerId, "id", "Promo", $"Pesan {number}")).ToArray();
        await PrepareAsync(campaign, LoyaltyHost.Joined.AddYears(20), messages);
        await PrepareAsync(campaign, LoyaltyHost.Joined, [new PreparedPosMessage(LoyaltyHost.Ids.Next(), customerId, "id", "Lama", "Kedaluwarsa")]);

        await Eventually.Holds(async () => Assert.Equal(5, await WaitingAsync(customerId)));
        var first = await InquireAsync(card);
        Assert.Equal(memberId, first.GetProperty("memberId").GetGuid());
        Assert.Equal(["Pesan 0", "Pesan 1", "Pesan 2"], Texts(first));
        await PrepareAsync(campaign, LoyaltyHost.Joined.AddYears(20), messages);
        Assert.Equal(["Pesan 3"], Texts(await InquireAsync(card)));
        Assert.Empty(Texts(await InquireAsync(card)));
        await Eventually.Holds(() =>
        {
            var shown = host.Bus.Seen<PosMessagesShown>().Where(seen => seen.CustomerId == customerId).ToArray();
            Assert.Equal(messages.Select(message => message.DeliveryId).Order(), shown.SelectMany(seen => seen.Messages).Select(message => message.DeliveryId).Order());
            Assert.All(shown, seen => Assert.Equal("Kasir 1", seen.Till));
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task A_till_that_lost_the_answer_gets_it_again_and_two_tills_at_once_do_not_show_the_same()
    {
        var (memberId, customerId) = await host.EnrolAsync();
        var card = await CardAsync(memberId);
        await PrepareAsync(LoyaltyHost.Ids.Next(), LoyaltyHost.Joined.AddYears(20), [.. Enumerable.Range(0, 2).Select(number => new PreparedPosMessage(LoyaltyHost.Ids.Next(), customerId, "en", "Offer", $"Text {number}"))]);
        await Eventually.Holds(async () => Assert.Equal(2, await WaitingAsync(customerId)));

        var till = host.Operator(); // a key is of who sends it
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(number => InquireAsync(card, $"{card}-{number}", till)));
        Assert.Equal(["Text 0", "Text 1"], answers.SelectMany(Texts).Order());
        var again = await Task.WhenAll(Enumerable.Range(0, 5).Select(number => InquireAsync(card, $"{card}-{number}", till)));
        Assert.Equal(answers.Select(answer => answer.ToString()), again.Select(answer => answer.ToString()));
    }

    [Theory]
    [InlineData("""{"cardNumber":"123","till":"x"}""", 400, "request.invalid", "cardNumber")]
    [InlineData("""{"cardNumber":"9000000000000000","till":"x"}""", 422, "loyalty.card_number_invalid", "cardNumber")]
    [InlineData("""{"cardNumber":"9000000000000019","till":""}""", 400, "request.invalid", "till")]
    [InlineData("""{"cardNumber":"9000000000000019","till":"x"}""", 404, "loyalty.card_not_found", null)]
    public async Task A_card_that_there_is_not_is_refused(string body, int status, string code, string? field) =>
        Assert.Equal((status, code, field), await host.Operator().PostAsync(Path, body).ProblemAsync());

    private async Task<string> CardAsync(Guid memberId) =>
        (await host.Operator().PostAsync($"{LoyaltyHost.Api}/members/{memberId}/cards", new { }).OkJsonAsync()).GetProperty("number").GetString()!;

    private Task PrepareAsync(Guid campaign, DateTimeOffset validUntil, PreparedPosMessage[] messages) =>
        host.Bus.PublishAsync(new PosMessagesPrepared(LoyaltyHost.Ids.Next(), LoyaltyHost.Joined, campaign, "Promo", validUntil, messages), LoyaltyHost.Ids.Next());

    private Task<JsonElement> InquireAsync(string card, string? key = null, HttpClient? till = null) => (till ?? host.Operator()).PostAsync(Path, new { cardNumber = card, till = "Kasir 1" }, key).OkJsonAsync();

    private async Task<long> WaitingAsync(Guid customerId)
    {
        await using var connection = await host.Database.OpenConnectionAsync();
        return await Dapper.SqlMapper.ExecuteScalarAsync<long>(connection, "SELECT count(*) FROM pos_messages WHERE customer_id = @customerId AND shown_at IS NULL", new { customerId });
    }

    private static IEnumerable<string> Texts(JsonElement answer) => answer.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("text").GetString()!);
}
