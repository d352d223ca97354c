using Crm.DevIdp;

var builder = WebApplication.CreateBuilder(args);
if (builder.Environment.IsProduction())
{
    await Console.Error.WriteLineAsync("Crm.DevIdp is the identity provider for development and does not run in Production. Configure Oidc:Authority of a real one.");
    return 1;
}

builder.AddDevIdp();
var app = builder.Build();
app.UseRateLimiter();
app.MapDiscovery();
app.MapAuthorize();
app.MapToken();
app.MapLogout();
app.MapGet("/health/live", () => "Healthy");
app.MapGet("/health/ready", () => "Healthy");
await app.RunAsync();
return 0;
