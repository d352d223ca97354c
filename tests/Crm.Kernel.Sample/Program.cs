using Crm.Kernel.Sample;
using Crm.Operations;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Messaging;
using Crm.ServiceDefaults.Postgres;

// The smallest service on the kernel: what the kernel's tests drive.
var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("sample");
builder.AddPostgres(typeof(Program).Assembly);
builder.AddMessaging("sample", bus =>
{
    bus.Publishes<NoteWritten>();
    bus.AddConsumers(typeof(Program).Assembly);
});
builder.AddOperations("sample", SampleJobs.Sql);
builder.Services.AddValidation();
var app = builder.Build();
if (args is ["migrate"]) return await app.MigrateAsync();
app.UseServiceDefaults();
app.MapNotes();
app.MapOperations();
await app.RunAsync();
return 0;

public partial class Program;
