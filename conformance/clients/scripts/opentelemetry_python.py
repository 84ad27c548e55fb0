"""OpenTelemetry's SDK for Python, unchanged. Called as: script.py OTLP ZIPKIN SERVICE SCENARIO"""
import logging
import sys

from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode

otlp, _zipkin, service, scenario = sys.argv[1:]
resource = Resource.create({"service.name": service})
spans = TracerProvider(resource=resource)
tracer = spans.get_tracer("check")

if scenario == "traces":
    spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{otlp}/v1/traces")))
    with tracer.start_as_current_span("GET /orders", kind=SpanKind.SERVER):
        attributes = {"peer.service": "orders-db", "order.id": 7}
        with tracer.start_as_current_span("SELECT", kind=SpanKind.CLIENT, attributes=attributes) as child:
            child.set_status(StatusCode.ERROR, "lost")
    spans.shutdown()
elif scenario == "logs":
    logs = LoggerProvider(resource=resource)
    logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(endpoint=f"{otlp}/v1/logs")))
    logger = logging.getLogger("check")
    logger.addHandler(LoggingHandler(logger_provider=logs))
    with tracer.start_as_current_span("work"):
        logger.warning("stock is %s", "low", extra={"order.id": 7})
    logs.shutdown()
else:
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=f"{otlp}/v1/metrics"), 3_600_000)
    buckets = View(instrument_name="work.duration", aggregation=ExplicitBucketHistogramAggregation([0.1, 0.5, 1]))
    metrics = MeterProvider([reader], resource=resource, views=[buckets])
    meter = metrics.get_meter("check")
    meter.create_counter("jobs.done").add(3, {"kind": "a"})
    meter.create_up_down_counter("queue.size").add(5)
    duration = meter.create_histogram("work.duration", unit="s")
    duration.record(0.25)
    duration.record(0.75)
    metrics.shutdown()
