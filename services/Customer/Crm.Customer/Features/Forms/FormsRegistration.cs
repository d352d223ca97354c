namespace Crm.Customer.Features.Forms;

internal static class FormsRegistration
{
    public static void AddForms(this IServiceCollection services)
    {
        services.AddOptions<SmtpOptions>().BindConfiguration("Smtp").ValidateDataAnnotations().ValidateOnStart();
        services.AddScoped<RegistrationForms.Store>();
        services.AddScoped<ConfirmSubmission.Handler>();
        services.AddHostedService<ConfirmationMailer>();
    }
}
