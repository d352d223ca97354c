using Crm.Analytics;
using Crm.Analytics.Contracts.Events.V1;
using Crm.Analytics.Grpc;
using Crm.Analytics.Jobs;
using Crm.Operations;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Messaging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddServiceDefaults("analytics");
builder.AddPostgres(typeof(Program).Assembly);
builder.AddMessaging("analytics", bus =>
{
    bus.Publishes(typeof(CustomersScored).Assembly);
    bus.AddConsumers(typeof(Program).Assembly);
});
builder.AddOperations("analytics", AnalyticsJobs.Sql);
builder.Services.AddValidation();
builder.AddAnalytics();
var app = builder.Build();
if (args is ["migrate"]) return await app.MigrateAsync();
app.UseServiceDefaults();
app.MapAnalytics();
app.MapOperations();
app.MapGrpcService<ValueReadsService>().AllowCallers("gateway");
app.MapGrpcService<OfferReadsService>().AllowCallers("gateway", "sales", "campaign");
app.MapGrpcService<EffectReadsService>().AllowCallers("campaign");
app.MapGrpcService<SubjectDataService>().AllowCallers("customer");
await app.RunAsync();
return 0;

public partial class Program;
