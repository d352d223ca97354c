using Crm.Customer;
using Crm.Customer.Contracts.Events.V1;
using Crm.Customer.Features.Forms;
using Crm.Customer.Features.Identity;
using Crm.Customer.Features.Import;
using Crm.Customer.Features.Privacy;
using Crm.Customer.Features.Records;
using Crm.Customer.Features.Stages;
using Crm.Customer.Features.Webhooks;
using Crm.Customer.Grpc;
using Crm.Operations;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Messaging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddServiceDefaults("customer");
builder.AddPostgres(typeof(Program).Assembly);
builder.AddMessaging("customer", bus =>
{
    bus.Publishes(typeof(CustomersRegistered).Assembly);
    bus.AddConsumers(typeof(Program).Assembly);
});
builder.AddOperations("customer", CustomerJobs.Sql);
builder.Services.AddRecords();
builder.Services.AddImports();
builder.Services.AddLifecycle();
builder.Services.AddIdentity();
builder.AddPrivacy();
builder.Services.AddForms();
builder.Services.AddWebhooks();

var app = builder.Build();
if (args is ["migrate"]) return await app.MigrateAsync();
app.UseServiceDefaults();
app.MapCustomers();
app.MapOperations();
app.MapGrpcService<CustomerReadsService>().AllowCallers("gateway", "sales", "service", "loyalty");
app.MapGrpcService<CustomerIngestionService>().AllowCallers("gateway").AllowRoles(Roles.CustomerEditors);
await app.RunAsync();
return 0;
