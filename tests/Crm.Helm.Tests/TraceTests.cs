using System.Collections.Concurrent;
using System.Diagnostics;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Crm.Helm.Tests;

/// <summary>One trace id from a request through the outbox and the broker to the consumer, and over gRPC, as a collector gets it.</summary>
public sealed class TraceTests
{
    [Fact]
    public async Task A_request_its_event_and_its_consumer_are_one_trace()
    {
        await using var collector = await Collector.StartAsync();
        await using var servers = await IsolatedServers.CreateAsync("trace");
        await using var salesServers = await IsolatedServers.CreateAsync("trace_sales");
        (string, string)[] exports =
        [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_BSP_SCHEDULE_DELAY", "200"),
        ];
        await using var customer = await RunningWorkload.StartAsync("Crm.Customer", "customer", servers, exports);
        await using var sales = await RunningWorkload.StartAsync(
            "Crm.Sales", "sales", salesServers,
            [.. exports, ("services__customer__grpc__0", $"http://127.0.0.1:{customer.GrpcPort}"), ("ConnectionStrings__rabbitmq", servers.RabbitMq)]);
        await Eventually.Holds(async () => Assert.True(await servers.QueueExistsAsync("sales-customers-registered")));

        var trace = ActivityTraceId.CreateRandom().ToString();
        using var writer = customer.ClientFor(Roles.SalesRep);
        writer.DefaultRequestHeaders.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");
        await writer.PostAsync("/api/customer/v1/customers", new { displayName = "Traced" }).OkJsonAsync();

        await Eventually.Holds(() =>
        {
            var spans = collector.Spans.Where(span => span.TraceId == trace).ToList();
            var seen = string.Join('\n', spans.Select(span => $"{span.Service} {span.Kind} {span.Name} {span.Path}"));
            Assert.True(spans.Any(span => span is { Service: "crm-customer", Kind: SpanKind.Server }), seen);
            Assert.True(spans.Any(span => span is { Service: "crm-customer", Name: "outbox publish" }), seen);
            Assert.True(spans.Any(span => span is { Service: "crm-sales", Kind: SpanKind.Consumer }), seen);
            return Task.CompletedTask;
        });

        // Over gRPC: Sales asks Customer about somebody unknown to it.
        var call = ActivityTraceId.CreateRandom().ToString();
        using var shop = sales.ClientFor(Roles.Integration);
        shop.DefaultRequestHeaders.Add("traceparent", $"00-{call}-{ActivitySpanId.CreateRandom()}-01");
        using var refused = await shop.PostAsync(
            "/api/sales/v1/purchases",
            new { source = "test", sourceId = "1", purchasedAt = DateTimeOffset.UnixEpoch.AddYears(50), currency = "IDR", customerId = Guid.Parse("01900000-0000-7000-8000-000000000002"), lines = new[] { new { sku = "none", quantity = 1, unitPrice = 1 } } });
        await Eventually.Holds(() =>
        {
            var spans = collector.Spans.Where(span => span.TraceId == call).ToList();
            var seen = $"{(int)refused.StatusCode}\n" + string.Join('\n', spans.Select(span => $"{span.Service} {span.Kind} {span.Name} {span.Path}"));
            Assert.True(spans.Any(span => span is { Service: "crm-sales", Kind: SpanKind.Server }), seen);
            Assert.True(spans.Any(span => span is { Service: "crm-customer", Kind: SpanKind.Server } && span.Path.StartsWith("/crm.customer.v1.CustomerReads/", StringComparison.Ordinal)), seen);
            return Task.CompletedTask;
        });
    }

    private enum SpanKind
    {
        Unspecified,
        Internal,
        Server,
        Client,
        Producer,
        Consumer,
    }

    /// <param name="Path">Attribute <c>url.path</c>.</param>
    private sealed record Span(string Service, string TraceId, string Name, SpanKind Kind, string Path);

    /// <summary>Takes in what exporters send by OTLP over HTTP (opentelemetry-proto, trace/v1/trace.proto; read field by field).</summary>
    private sealed class Collector(WebApplication app, ConcurrentQueue<Span> spans) : IAsyncDisposable
    {
        public string Address { get; } = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

        public IReadOnlyCollection<Span> Spans => spans;

        public static async Task<Collector> StartAsync()
        {
            var spans = new ConcurrentQueue<Span>();
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            var app = builder.Build();
            app.Urls.Add("http://127.0.0.1:0");
            app.MapPost("/v1/{signal}", async (string signal, HttpRequest request) =>
            {
                using var body = new MemoryStream();
                await request.Body.CopyToAsync(body);
                if (signal == "traces") foreach (var span in Read(body.ToArray())) spans.Enqueue(span);
                return Results.Bytes([], "application/x-protobuf");
            });
            await app.StartAsync();
            return new Collector(app, spans);
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();

        private static IEnumerable<Span> Read(byte[] request)
        {
            foreach (var resourceSpans in Fields(request, 1))
            {
                var service = Attribute(Fields(resourceSpans, 1).SelectMany(resource => Fields(resource, 1)), "service.name");
                foreach (var span in Fields(resourceSpans, 2).SelectMany(scope => Fields(scope, 2)))
                {
                    yield return new Span(service, Convert.ToHexStringLower(Fields(span, 1).Single()), Text(span, 5), (SpanKind)Number(span, 6), Attribute(Fields(span, 9), "url.path"));
                }
            }
        }

        private static string Attribute(IEnumerable<byte[]> attributes, string key) =>
            attributes.Where(attribute => Text(attribute, 1) == key).Select(attribute => Text(Fields(attribute, 2).Single(), 1)).FirstOrDefault("");

        private static string Text(byte[] message, int field) => System.Text.Encoding.UTF8.GetString(Fields(message, field).FirstOrDefault([]));

        private static List<byte[]> Fields(byte[] message, int field)
        {
            var found = new List<byte[]>();
            var input = new CodedInputStream(message);
            while (input.ReadTag() is > 0 and var tag)
            {
                if (WireFormat.GetTagFieldNumber(tag) == field && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited) found.Add(input.ReadBytes().ToByteArray());
                else input.SkipLastField();
            }

            return found;
        }

        private static ulong Number(byte[] message, int field)
        {
            var input = new CodedInputStream(message);
            while (input.ReadTag() is > 0 and var tag)
            {
                if (WireFormat.GetTagFieldNumber(tag) == field) return input.ReadUInt64();
                input.SkipLastField();
            }

            return 0;
        }
    }
}
