using Crm.Campaign;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Delivery;
using Crm.Campaign.Dispatching;
using Crm.Campaign.Grpc;
using Crm.Campaign.Reconciliation;
using Crm.Campaign.Responses;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Messaging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("campaign");
builder.AddPostgres(typeof(Program).Assembly);
builder.AddMessaging("campaign", bus =>
{
    bus.Publishes(typeof(MessagesSent).Assembly);
    bus.PublishesChunks();
    bus.AddConsumers(typeof(Program).Assembly);
});
builder.Services.AddValidation();
builder.Services.AddOptions<MessageOptions>().BindConfiguration(MessageOptions.Section).ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddOptions<DispatchOptions>().BindConfiguration(DispatchOptions.Section).ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddSingleton<TrackingTokens>();
builder.Services.AddScoped<LedgerWriter>();
builder.Services.AddHostedService<CampaignDispatcher>();
builder.Services.AddHostedService<LeaseExpiry>();
builder.Services.AddManagement();
builder.Services.AddResponses();
builder.AddReconciliation();

var app = builder.Build();
if (args is ["migrate"]) return await app.MigrateAsync();
app.UseServiceDefaults();
app.MapCampaign();
app.MapPublicPages();
app.MapGrpcService<CampaignReadsService>().AllowCallers("gateway");
await app.RunAsync();
return 0;
