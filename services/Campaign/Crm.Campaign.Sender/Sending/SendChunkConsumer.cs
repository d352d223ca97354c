using Crm.Campaign.Delivery;
using MassTransit;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Sender.Sending;

/// <summary>Takes the work of one channel from its queue. Public for the bus to find it; what it works with is not.</summary>
public sealed class SendChunkConsumer<TChunk>(IServiceProvider services) : IConsumer<TChunk>
    where TChunk : SendChunk
{
    public Task Consume(ConsumeContext<TChunk> context) =>
        services.GetRequiredService<ChunkSender>().SendAsync(context.Message, context.CancellationToken);
}

/// <summary>One chunk per slot: what is prefetched does not move to a sender that starts meanwhile.</summary>
public sealed class SendChunkConsumerDefinition<TChunk> : ConsumerDefinition<SendChunkConsumer<TChunk>>
    where TChunk : SendChunk
{
    private readonly int _slots;

    public SendChunkConsumerDefinition(IOptions<SendOptions> options)
    {
        EndpointName = SendChunk.QueueOf(SendChunk.ChannelOf(typeof(TChunk)));
        _slots = options.Value.Slots;
    }

    protected override void ConfigureConsumer(
        IReceiveEndpointConfigurator endpointConfigurator, IConsumerConfigurator<SendChunkConsumer<TChunk>> consumerConfigurator, IRegistrationContext context)
    {
        endpointConfigurator.PrefetchCount = _slots;
        endpointConfigurator.ConcurrentMessageLimit = _slots;
    }
}
