using Microsoft.Extensions.Options;

namespace Crm.Campaign.Sender.Channels.Http;

/// <summary>The configured providers with their connections, for the life of the process.</summary>
internal sealed class ProviderConnections(IOptions<HttpProviders> options, IHostEnvironment environment, TimeProvider time) : IDisposable
{
    private readonly HttpProvider[] _providers =
    [
        .. options.Value.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => new HttpProvider(pair.Key, pair.Value, environment.IsDevelopment(), time)),
    ];

    /// <summary>In the order in which they are asked.</summary>
    public IReadOnlyList<HttpProvider> Of(string channel) => [.. _providers.Where(provider => provider.Channel == channel)];

    public void Dispose()
    {
        foreach (var provider in _providers) provider.Dispose();
    }
}

internal sealed class HttpProvidersValidator(IHostEnvironment environment) : IValidateOptions<HttpProviders>
{
    public ValidateOptionsResult Validate(string? name, HttpProviders options)
    {
        var problems = options.SelectMany(pair => pair.Value.Problems(pair.Key, environment.IsDevelopment())).ToArray();
        return problems.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
