using Crm.Customer.Contracts.V1;
using Crm.Operations;
using Crm.Sales;
using Crm.Sales.Contracts.Events.V1;
using Crm.Sales.Grpc;
using Crm.Sales.Persistence;
using Crm.ServiceDefaults.Grpc;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Messaging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddServiceDefaults("sales");
builder.AddPostgres(typeof(Program).Assembly);
builder.AddMessaging("sales", bus =>
{
    bus.Publishes(typeof(PurchasesRecorded).Assembly);
    bus.AddConsumers(typeof(Program).Assembly);
});
builder.AddOperations("sales");
builder.AddGrpcClient("customer", invoker => new CustomerReads.CustomerReadsClient(invoker));
builder.Services.AddScoped<CustomerDirectory>();
builder.Services.AddScoped<PurchaseIntake>();

var app = builder.Build();
if (args is ["migrate"]) return await app.MigrateAsync();
app.UseServiceDefaults();
app.MapSales();
app.MapOperations();
app.MapGrpcService<SalesReadsService>().AllowCallers("gateway");
app.MapGrpcService<PurchaseIngestionService>().AllowCallers("gateway").AllowRoles(Roles.Sales);
app.MapGrpcService<SubjectDataService>().AllowCallers("customer");
await app.RunAsync();
return 0;
