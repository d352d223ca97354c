using Crm.Gateway.Authentication;
using Crm.Gateway.Clients;
using Crm.Gateway.Compositions;
using Crm.Gateway.Proxy;
using Crm.Gateway.RateLimiting;
using Crm.Gateway.Requests;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Health;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

// Pages and settings lie next to the program, wherever it is started from.
var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.AddPostgres(typeof(Program).Assembly); // first: the key ring is read at start, after the migrations
builder.AddGrpcIngress();
builder.AddServiceDefaults("gateway");
builder.AddAuthentication();
builder.AddRateLimits();
builder.AddApiClients();
builder.AddProxy();
builder.AddCustomer360();

var app = builder.Build();
if (args is ["migrate"]) return await app.MigrateAsync();
app.UseSecurityHeaders();
app.UseProblems();
app.UseRequestHygiene();
app.UseConsoleFiles();
app.UseRouting();
app.UseRequestTimeouts();
app.UseAuthentication();
app.UseCrossSiteGuard();
app.UseRateLimiter();
app.UseClientGuard();
app.UseAuthorization();
app.MapHealth();
app.MapSignIn();
app.MapPages();
app.MapCustomer360();
app.MapClients();
app.MapReverseProxy();
await app.RunAsync();
return 0;
