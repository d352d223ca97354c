using Crm.Campaign.Domain.Responses;
using Crm.Campaign.Experiments;

namespace Crm.Campaign.Responses;

internal static class ResponseRegistration
{
    /// <summary>Judgement of responses, and what follows from it.</summary>
    public static void AddResponses(this IServiceCollection services)
    {
        services.AddOptions<ResponseOptions>().BindConfiguration(ResponseOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddHostedService<ResponseSettlement>();
        services.AddHostedService<ConversionWorker>();
        services.AddHostedService<ExperimentWorker>();
    }
}
