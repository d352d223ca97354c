using Crm.ServiceDefaults.Messaging;
using MassTransit;

namespace Crm.Campaign.Delivery;

/// <summary>The channels that a message can take; also the value of <c>deliveries.channel</c>.</summary>
public static class ChannelNames
{
    public const string Email = "email";
    public const string Sms = "sms";
    public const string WhatsApp = "whatsapp";
    public const string Push = "push";
    public const string Webhook = "webhook";
    public const string Phone = "phone";
    public const string Post = "post";
    public const string Pos = "pos";

    public static readonly string[] All = [Email, Sms, WhatsApp, Push, Webhook, Phone, Post, Pos];

    /// <summary>Channels whose handing over is rows of this database, keyed by the delivery: doing it twice is doing it once.</summary>
    public static readonly string[] HandedOverHere = [Phone, Post, Pos];
}

/// <summary>
/// Work for the senders of one channel: the planned recipients of one chunk. Carries no recipients: those are rows of the ledger, which
/// also knows what is done already, so that a copy that comes again does no harm. One message type per channel, so that the broker keeps
/// a queue per channel and the senders of each are scaled by its length.
/// </summary>
/// <param name="Epoch">Of the campaign when this was sent; void once the campaign has another.</param>
[ExcludeFromTopology]
public abstract record SendChunk(Guid CampaignId, int Epoch, int Chunk)
{
    private static readonly Dictionary<string, Type> Types = new(StringComparer.Ordinal)
    {
        [ChannelNames.Email] = typeof(SendEmailChunk),
        [ChannelNames.Sms] = typeof(SendSmsChunk),
        [ChannelNames.WhatsApp] = typeof(SendWhatsAppChunk),
        [ChannelNames.Push] = typeof(SendPushChunk),
        [ChannelNames.Webhook] = typeof(SendWebhookChunk),
        [ChannelNames.Phone] = typeof(SendPhoneChunk),
        [ChannelNames.Post] = typeof(SendPostChunk),
        [ChannelNames.Pos] = typeof(SendPosChunk),
    };

    public static SendChunk For(string channel, Guid campaignId, int epoch, int chunk) => channel switch
    {
        ChannelNames.Email => new SendEmailChunk(campaignId, epoch, chunk),
        ChannelNames.Sms => new SendSmsChunk(campaignId, epoch, chunk),
        ChannelNames.WhatsApp => new SendWhatsAppChunk(campaignId, epoch, chunk),
        ChannelNames.Push => new SendPushChunk(campaignId, epoch, chunk),
        ChannelNames.Webhook => new SendWebhookChunk(campaignId, epoch, chunk),
        ChannelNames.Phone => new SendPhoneChunk(campaignId, epoch, chunk),
        ChannelNames.Post => new SendPostChunk(campaignId, epoch, chunk),
        ChannelNames.Pos => new SendPosChunk(campaignId, epoch, chunk),
        _ => throw new ArgumentOutOfRangeException(nameof(channel), channel, "There is no such channel."),
    };

    /// <summary>Not part of the message: its type says it.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Channel => ChannelOf(GetType());

    public static string ChannelOf(Type chunk) => Types.First(pair => pair.Value == chunk).Key;

    /// <summary>The queue that the senders of a channel share.</summary>
    public static string QueueOf(string channel) => "campaign-send-" + channel;
}

[WithoutInbox]
public sealed record SendEmailChunk(Guid CampaignId, int Epoch, int Chunk) : SendChunk(CampaignId, Epoch, Chunk);

[WithoutInbox]
public sealed record SendSmsChunk(Guid CampaignId, int Epoch, int Chunk) : SendChunk(CampaignId, Epoch, Chunk);

[WithoutInbox]
public sealed record SendWhatsAppChunk(Guid CampaignId, int Epoch, int Chunk) : SendChunk(CampaignId, Epoch, Chunk);

[WithoutInbox]
public sealed record SendPushChunk(Guid CampaignId, int Epoch, int Chunk) : SendChunk(CampaignId, Epoch, Chunk);

[WithoutInbox]
public sealed record SendWebhookChunk(Guid CampaignId, int Epoch, int Chunk) : SendChunk(CampaignId, Epoch, Chunk);

[WithoutInbox]
public sealed record SendPhoneChunk(Guid CampaignId, int Epoch, int Chunk) : SendChunk(CampaignId, Epoch, Chunk);

[WithoutInbox]
public sealed record SendPostChunk(Guid CampaignId, int Epoch, int Chunk) : SendChunk(CampaignId, Epoch, Chunk);

[WithoutInbox]
public sealed record SendPosChunk(Guid CampaignId, int Epoch, int Chunk) : SendChunk(CampaignId, Epoch, Chunk);

public static class SendChunkMessages
{
    /// <summary>Lets this process' outbox hold the work of every channel.</summary>
    public static void PublishesChunks(this MessagingBuilder bus)
    {
        bus.Publishes<SendEmailChunk>();
        bus.Publishes<SendSmsChunk>();
        bus.Publishes<SendWhatsAppChunk>();
        bus.Publishes<SendPushChunk>();
        bus.Publishes<SendWebhookChunk>();
        bus.Publishes<SendPhoneChunk>();
        bus.Publishes<SendPostChunk>();
        bus.Publishes<SendPosChunk>();
    }
}
