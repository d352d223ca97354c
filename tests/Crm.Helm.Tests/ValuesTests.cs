namespace Crm.Helm.Tests;

/// <summary>Values that are wrong are refused before anything is rendered, with words that say what is wrong.</summary>
[Collection(ChartsCollection.Name)]
public sealed class ValuesTests
{
    [Theory]
    [InlineData("dev")]
    [InlineData("staging")]
    [InlineData("production")]
    [InlineData("air-gapped")]
    [InlineData("channels")]
    public async Task The_shipped_values_are_accepted(string environment) =>
        Assert.Equal("", await Charts.SchemaProblemsAsync(Charts.Platform, Charts.Environment(environment)));

    [Fact]
    public async Task The_defaults_are_accepted() => Assert.Equal("", await Charts.SchemaProblemsAsync(Charts.Platform));

    [Theory]
    [InlineData("custommer: { replicas: 2 }", "custommer")]
    [InlineData("customer: { replica: 2 }", "replica")]
    [InlineData("customer: { replicas: -1 }", "customer.replicas: must be >= 0")]
    [InlineData("customer: { replicas: two }", "customer.replicas: must be integer")]
    [InlineData("customer: { autoscaling: { mode: both } }", "none, hpa, keda")]
    [InlineData("customer: { image: { tag: latest } }", "customer.image.tag")]
    [InlineData("customer: { image: { digest: abc } }", "customer.image.digest")]
    [InlineData("customer: { config: { ConnectionStrings__postgres: Host=db } }", "customer.config")]
    [InlineData("campaign-sender: { config: { Smtp__Password: hunter2 } }", "campaign-sender.config")]
    [InlineData("customer: { calls: [{ workload: sales, ports: [https] }] }", "http, grpc")]
    [InlineData("customer: { autoscaling: { mode: hpa }, resources: { requests: { cpu: null } } }", "cpu")]
    [InlineData("ingress: { enabled: true }", "ingress.host")]
    [InlineData("campaign-sender: { providers: { sms-main: { channel: fax, url: 'https://a' } } }", "sms, whatsapp, push, webhook")]
    [InlineData("campaign-sender: { providers: { sms-main: { channel: sms, url: 'http://a' } } }", "providers.sms-main.url")]
    [InlineData("campaign-sender: { providers: { sms-main: { channel: sms, url: 'https://a', settings: { Tokn: x } } } }", "providers.sms-main.settings")]
    [InlineData("campaign-sender: { providers: { sms-main: { channel: sms, url: 'https://a', authentication: { kind: Basic, secretKey: a } } } }", "userName")]
    [InlineData("campaign: { inboundMail: { enabled: true } }", "inboundMail.hostName")]
    [InlineData("customer: { config: { Privacy__PublicBaseUrl: 'http://crm.example.com' } }", "customer.config.Privacy__PublicBaseUrl")]
    [InlineData("customer: { mailRelay: { host: relay.example.com } }", "customer.mailRelay.from")]
    [InlineData("customer: { mailRelay: { host: relay.example.com, from: crm@example.com, userName: crm } }", "customer.mailRelay.passwordKey")]
    [InlineData("customer: { mailRelay: { host: relay.example.com, from: crm@example.com, userName: crm, passwordKey: a, security: None } }", "customer.mailRelay.security")]
    [InlineData("customer: { webhooks: { enabled: true, peers: [] } }", "customer.webhooks.peers")]
    [InlineData("customer: { subjectKeys: { enabled: true, secretKey: '' } }", "customer.subjectKeys.secretKey")]
    [InlineData("probe: { enabled: true }", "probe.authority")]
    [InlineData("monitoring: { runbookBaseUrl: wiki }", "monitoring.runbookBaseUrl")]
    [InlineData("global: { imageTag: latest }", "global.imageTag")]
    public async Task A_wrong_value_is_refused_by_name(string values, string named) =>
        Assert.Contains(named, await Charts.SchemaProblemsAsync(Charts.Platform, await Charts.WithValuesAsync(values)), StringComparison.Ordinal);

    [Theory]
    [InlineData("customer: { autoscaling: { mode: keda } }", "needs autoscaling.keda.queues")]
    [InlineData("customer: { autoscaling: { mode: hpa, minReplicas: 9 } }", "minReplicas is above")]
    [InlineData("customer: { autoscaling: { mode: hpa, minReplicas: 0 } }", "cannot scale to zero")]
    [InlineData("customer: { terminationGracePeriodSeconds: 20 }", "the time that the workload takes to drain")]
    [InlineData("customer: { secret: { name: \"\" } }", "set secret.name")]
    [InlineData("gatewayApi: { enabled: true, host: a, parent: { name: b } }\ningress: { enabled: true, host: a, tlsSecret: b }", "two ways in")]
    public async Task What_a_schema_cannot_say_the_chart_says(string values, string message)
    {
        var (code, _, errors) = await Charts.TryRenderAsync(Charts.Platform, await Charts.WithValuesAsync("global: { imageTag: \"1.0.0\" }"), await Charts.WithValuesAsync(values));

        Assert.NotEqual(0, code);
        Assert.Contains(message, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_tag_the_chart_says_which_setting_is_missing()
    {
        var (code, _, errors) = await Charts.TryRenderAsync(Charts.Platform);

        Assert.NotEqual(0, code);
        Assert.Contains("global.imageTag", errors, StringComparison.Ordinal);
    }
}
