using Crm.Campaign.Delivery;
using Crm.Campaign.Sender.Channels.Http;
using Crm.Campaign.Sender.Channels.Post;
using Crm.Campaign.Sender.Sending;

namespace Crm.Campaign.Sender.Channels;

/// <summary>
/// The channels that this process serves: all that it knows, or those that <see cref="SendOptions.Channels"/> names, so that the senders
/// of one channel can be scaled apart from those of another.
/// </summary>
internal sealed class ServedChannels
{
    /// <summary>One line per channel.</summary>
    private static readonly Served[] Known =
    [
        Served.By<EmailChannel, SendEmailChunk>(),
        Served.By<SmsChannel, SendSmsChunk>(),
        Served.By<WhatsAppChannel, SendWhatsAppChunk>(),
        Served.By<PushChannel, SendPushChunk>(),
        Served.By<WebhookChannel, SendWebhookChunk>(),
        Served.By<PhoneChannel, SendPhoneChunk>(),
        Served.By<PostChannel, SendPostChunk>(),
        Served.By<PosChannel, SendPosChunk>(),
    ];

    private readonly IReadOnlyList<Served> _served;

    public ServedChannels(IConfiguration configuration)
    {
        // The queues are declared before there is a container, and so before options can be had from it.
        var names = configuration.GetSection(SendOptions.Section).Get<SendOptions>()?.Channels ?? [];
        if (names.Except(Known.Select(channel => channel.Name)).FirstOrDefault() is { } stranger)
        {
            throw new InvalidOperationException($"Send:Channels names {stranger}; known are {string.Join(", ", Known.Select(channel => channel.Name))}.");
        }

        _served = [.. Known.Where(channel => names.Count == 0 || names.Contains(channel.Name))];
    }

    /// <summary>For the bus: each channel's consumer and its definition; whoever sends e-mail also sends tests.</summary>
    public Type[] Consumers =>
    [
        .. _served.SelectMany(channel => new[] { channel.Consumer, channel.Definition }),
        .. _served.Where(channel => channel.Name == ChannelNames.Email).Select(_ => typeof(SendTestConsumer)),
    ];

    public IEnumerable<string> Names => _served.Select(channel => channel.Name);

    public void AddTo(IServiceCollection services)
    {
        foreach (var channel in _served) services.AddKeyedSingleton(typeof(IDeliveryChannel), channel.Name, channel.Channel);
    }

    private sealed record Served(string Name, Type Channel, Type Consumer, Type Definition)
    {
        public static Served By<TChannel, TChunk>()
            where TChannel : class, IDeliveryChannel
            where TChunk : SendChunk =>
            new(SendChunk.ChannelOf(typeof(TChunk)), typeof(TChannel), typeof(SendChunkConsumer<TChunk>), typeof(SendChunkConsumerDefinition<TChunk>));
    }
}
