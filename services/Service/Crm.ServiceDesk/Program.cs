using Crm.Customer.Contracts.V1;
using Crm.Operations;
using Crm.ServiceDefaults.Grpc;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Messaging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Crm.ServiceDesk;
using Crm.ServiceDesk.Contracts.Events.V1;
using Crm.ServiceDesk.Features.Sla;
using Crm.ServiceDesk.Grpc;
using Crm.ServiceDesk.Persistence;

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddServiceDefaults("service");
builder.AddPostgres(typeof(Program).Assembly);
builder.AddMessaging("service", bus =>
{
    bus.Publishes(typeof(CaseChanged).Assembly);
    bus.AddConsumers(typeof(Program).Assembly);
});
builder.AddOperations("service");
builder.AddGrpcClient("customer", invoker => new CustomerReads.CustomerReadsClient(invoker));
builder.Services.AddValidation();
builder.Services.AddScoped<KnownCustomers>();
builder.Services.AddScoped<CaseStore>();
builder.Services.AddSingleton<SlaRules>();
builder.Services.AddScoped<CaseClockStore>();
builder.Services.AddHostedService<SlaSweeper>();
builder.Services.AddOptions<SlaOptions>().BindConfiguration("Sla").ValidateDataAnnotations().ValidateOnStart();
var app = builder.Build();
if (args is ["migrate"]) return await app.MigrateAsync();
app.UseServiceDefaults();
app.MapServiceDesk();
app.MapOperations();
app.MapGrpcService<CaseReadsService>().AllowCallers("gateway");
app.MapGrpcService<SubjectDataService>().AllowCallers("customer");
await app.RunAsync();
return 0;

public partial class Program;
