import brave.Span;
import brave.Tracing;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.util.List;
import java.util.concurrent.TimeUnit;
import zipkin2.reporter.brave.AsyncZipkinSpanHandler;
import zipkin2.reporter.urlconnection.URLConnectionSender;

/** OpenTelemetry's SDK for Java, and Brave, unchanged. Called as: Telemetry OTLP ZIPKIN SERVICE SCENARIO */
public class Telemetry {
  public static void main(String[] args) throws Exception {
    String otlp = args[0];
    Resource resource = Resource.create(Attributes.builder().put("service.name", args[2]).build());
    switch (args[3]) {
      case "traces" -> traces(otlp, resource);
      case "logs" -> logs(otlp, resource);
      case "metrics" -> metrics(otlp, resource);
      default -> brave(args[1], args[2]);
    }
  }

  static void traces(String otlp, Resource resource) {
    var exporter = OtlpHttpSpanExporter.builder().setEndpoint(otlp + "/v1/traces").setCompression("gzip").build();
    var provider =
        SdkTracerProvider.builder()
            .setResource(resource)
            .addSpanProcessor(BatchSpanProcessor.builder(exporter).build())
            .build();
    Tracer tracer = provider.get("check");
    var parent = tracer.spanBuilder("GET /orders").setSpanKind(SpanKind.SERVER).startSpan();
    try (Scope scope = parent.makeCurrent()) {
      tracer
          .spanBuilder("SELECT")
          .setSpanKind(SpanKind.CLIENT)
          .setAttribute("peer.service", "orders-db")
          .setAttribute("order.id", 7)
          .startSpan()
          .setStatus(StatusCode.ERROR, "lost")
          .end();
    }
    parent.end();
    provider.close();
  }

  static void logs(String otlp, Resource resource) {
    var exporter = OtlpHttpLogRecordExporter.builder().setEndpoint(otlp + "/v1/logs").build();
    var provider =
        SdkLoggerProvider.builder()
            .setResource(resource)
            .addLogRecordProcessor(BatchLogRecordProcessor.builder(exporter).build())
            .build();
    var span = SdkTracerProvider.builder().build().get("check").spanBuilder("work").startSpan();
    try (Scope scope = span.makeCurrent()) {
      provider
          .get("check")
          .logRecordBuilder()
          .setSeverity(Severity.WARN)
          .setSeverityText("WARN")
          .setBody("stock is low")
          .setAttribute(AttributeKey.longKey("order.id"), 7L)
          .emit();
    }
    provider.close();
  }

  static void metrics(String otlp, Resource resource) {
    var exporter = OtlpHttpMetricExporter.builder().setEndpoint(otlp + "/v1/metrics").build();
    var provider =
        SdkMeterProvider.builder()
            .setResource(resource)
            .registerMetricReader(PeriodicMetricReader.builder(exporter).setInterval(1, TimeUnit.HOURS).build())
            .build();
    var meter = provider.get("check");
    meter.counterBuilder("jobs.done").build().add(3, Attributes.builder().put("kind", "a").build());
    meter.upDownCounterBuilder("queue.size").build().add(5);
    var duration =
        meter
            .histogramBuilder("work.duration")
            .setUnit("s")
            .setExplicitBucketBoundariesAdvice(List.of(0.1, 0.5, 1.0))
            .build();
    duration.record(0.25);
    duration.record(0.75);
    provider.close();
  }

  static void brave(String zipkin, String service) throws Exception {
    try (var sender = URLConnectionSender.create(zipkin + "/api/v2/spans");
        var handler = AsyncZipkinSpanHandler.create(sender);
        var tracing = Tracing.newBuilder().localServiceName(service).addSpanHandler(handler).build()) {
      var tracer = tracing.tracer();
      Span parent = tracer.newTrace().name("GET /orders").kind(Span.Kind.SERVER).start();
      Span child = tracer.newChild(parent.context()).name("SELECT").kind(Span.Kind.CLIENT);
      child.remoteServiceName("orders-db").tag("order.id", "7").start();
      child.tag("error", "lost").finish();
      parent.finish();
      handler.flush();
    }
  }
}
