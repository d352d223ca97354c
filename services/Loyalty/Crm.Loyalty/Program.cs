using Crm.Customer.Contracts.V1;
using Crm.Loyalty;
using Crm.Loyalty.Contracts.Events.V1;
using Crm.Loyalty.Grpc;
using Crm.Loyalty.Persistence;
using Crm.Operations;
using Crm.ServiceDefaults.Grpc;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Messaging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddServiceDefaults("loyalty");
builder.AddPostgres(typeof(Program).Assembly);
builder.AddMessaging("loyalty", bus =>
{
    bus.Publishes(typeof(PointsPosted).Assembly);
    bus.AddConsumers(typeof(Program).Assembly);
});
builder.AddOperations("loyalty");
builder.AddGrpcClient("customer", invoker => new CustomerReads.CustomerReadsClient(invoker));
builder.Services.AddValidation();
builder.Services.AddScoped<KnownCustomers>();
builder.Services.AddScoped<CardStore>();
builder.Services.AddScoped<Ledger>();
var app = builder.Build();
if (args is ["migrate"]) return await app.MigrateAsync();
app.UseServiceDefaults();
app.MapLoyalty();
app.MapOperations();
app.MapGrpcService<LoyaltyReadsService>().AllowCallers("gateway");
app.MapGrpcService<SubjectDataService>().AllowCallers("customer");
await app.RunAsync();
return 0;

public partial class Program;
