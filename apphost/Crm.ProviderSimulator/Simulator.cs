using System.Globalization;

namespace Crm.ProviderSimulator;

/// <summary>
/// Stands for the gateways of SMS, WhatsApp, push and webhooks: takes messages, shows them on a page, answers as its switches say, and
/// sends signed delivery receipts. Nothing is kept beyond the process.
/// </summary>
public static class Simulator
{
    public static readonly string[] Channels = ["sms", "whatsapp", "push", "webhook"];

    public static WebApplication Create(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        var port = builder.Configuration["HTTP_PORT"] is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Services.Configure<ReceiptTarget>(builder.Configuration.GetSection("Receipts"));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<Inbox>();
        builder.Services.AddSingleton<Switches>();
        builder.Services.AddSingleton<ReceiptSender>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ReceiptSender>());
        configure?.Invoke(builder);

        var app = builder.Build();
        app.MapGet("/health/live", () => "Healthy");
        app.MapGet("/health/ready", () => "Healthy");
        ReceiveMessage.Map(app);
        ConsolePage.Map(app);
        return app;
    }
}
