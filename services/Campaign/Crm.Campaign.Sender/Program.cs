using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Delivery;
using Crm.Campaign.Sender.Channels;
using Crm.Campaign.Sender.Sending;
using Crm.Campaign.Sender.Smtp;
using Crm.Campaign.Sender.Smtp.Dkim;
using Crm.Operations;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Messaging;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddServiceDefaults("campaign-sender");
builder.AddPostgres(typeof(Program).Assembly, SendingRegistration.PlansOfKeys); // the database of Crm.Campaign, which also migrates it
var channels = new ServedChannels(builder.Configuration);
builder.AddMessaging("campaign-sender", bus =>
{
    bus.Publishes(typeof(MessagesSent).Assembly);
    bus.PublishesChunks();
    bus.AddConsumers(channels.Consumers);
});
builder.AddDeadLetters();
builder.Services.AddOptions<MessageOptions>().BindConfiguration(MessageOptions.Section).ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddOptions<SmtpOptions>().BindConfiguration("Smtp").ValidateOnStart();
builder.Services.AddSingleton<IValidateOptions<SmtpOptions>, SmtpOptionsValidator>();
builder.Services.AddSingleton(services => new SmtpConnectionPool(services.GetRequiredService<IOptions<SmtpOptions>>().Value, services.GetRequiredService<TimeProvider>()));
builder.Services.AddOptions<DkimOptions>().BindConfiguration(DkimOptions.Section).ValidateOnStart();
builder.Services.AddSingleton<IValidateOptions<DkimOptions>, DkimOptionsValidator>();
builder.Services.AddSingleton<DkimSigner>();
builder.Services.AddSingleton<OutgoingMail>();
builder.Services.AddChannelProviders();
builder.Services.AddSingleton<TrackingTokens>();
builder.Services.AddSingleton<ReturnPaths>();
builder.Services.AddSingleton<MessageComposer>();
builder.Services.AddSending(channels);

var app = builder.Build();
if (args is ["migrate"]) return await app.MigrateAsync();
app.UseServiceDefaults();
await app.RunAsync();
return 0;
