"""Confluent's serializers for Python, told what to do: one JSON object a line on stdin, one answer a line on stdout.

Called as: script.py BOOTSTRAP REGISTRY. Values travel as text: Avro's JSON encoding, proto3 JSON, JSON.
"""

import importlib
import io
import json
import os
import sys
import tempfile
import time
import uuid

import fastavro
from confluent_kafka import Consumer, Producer
from confluent_kafka.schema_registry import (
    Schema,
    SchemaReference,
    SchemaRegistryClient,
    header_schema_id_serializer,
    prefix_schema_id_serializer,
    record_subject_name_strategy,
    topic_record_subject_name_strategy,
    topic_subject_name_strategy,
)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import json_format

BOOTSTRAP, REGISTRY = sys.argv[1:3]
CLIENT = SchemaRegistryClient({"url": REGISTRY})
STRATEGIES = {
    "topic": topic_subject_name_strategy,
    "record": record_subject_name_strategy,
    "topic-record": topic_record_subject_name_strategy,
}
PYTHON_DIR = tempfile.mkdtemp(prefix="headwater-protoc-")
sys.path.insert(0, PYTHON_DIR)


def schema_of(given, format):
    references = [SchemaReference(r["name"], r["subject"], r["version"]) for r in given.get("references", [])]
    return Schema(given["schema"], {"avro": "AVRO", "json": "JSON", "protobuf": "PROTOBUF"}[format], references)


def avro_schema(given):
    """With everything it refers to, as fastavro wants it."""
    named = {}
    for reference in given.get("references", []):
        found = CLIENT.get_version(reference["subject"], reference["version"]).schema
        fastavro.parse_schema(json.loads(found.schema_str), named_schemas=named)
    return fastavro.parse_schema(json.loads(given["schema"]), named_schemas=named)


def message_type(given):
    """The class of a message, from protoc: the files are compiled together under names of their own."""
    source = tempfile.mkdtemp(prefix="headwater-proto-")
    for name, text in given["files"].items():
        path = os.path.join(source, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
    from grpc_tools import protoc
    import grpc_tools

    include = os.path.join(os.path.dirname(grpc_tools.__file__), "_proto")
    code = protoc.main(["protoc", f"-I{source}", f"-I{include}", f"--python_out={PYTHON_DIR}", *given["files"]])
    assert code == 0, "protoc refused the schema"
    importlib.invalidate_caches()
    module = importlib.import_module(given["main"].removesuffix(".proto").replace("/", ".") + "_pb2")
    found = module
    for part in given["message"].removeprefix(module.DESCRIPTOR.package + ".").split("."):
        found = getattr(found, part)
    return found


def avro_value(text, schema):
    return next(fastavro.json_reader(io.StringIO(text), schema))


def avro_text(value, schema):
    out = io.StringIO()
    fastavro.json_writer(out, schema, [value])
    return out.getvalue()


def serializer(command):
    format, given = command["format"], command["schema"]
    options = {
        "auto.register.schemas": True,
        "subject.name.strategy": STRATEGIES[command.get("subjectName", "topic")],
        "schema.id.serializer": header_schema_id_serializer
        if command.get("idIn") == "header"
        else prefix_schema_id_serializer,
    }
    if format == "avro":
        parsed = avro_schema(given)
        return AvroSerializer(CLIENT, schema_of(given, format), conf=options), lambda text: avro_value(text, parsed)
    if format == "json":
        return JSONSerializer(schema_of(given, format), CLIENT, conf=options), json.loads
    kind = message_type(given)
    return ProtobufSerializer(kind, CLIENT, options), lambda text: json_format.Parse(text, kind())


def deserializer(command):
    """`schema` is what is read as; without one, Avro and JSON are read as they were written."""
    format, given = command["format"], command.get("schema")
    if format == "avro":
        parsed = avro_schema(command["shown"] if given is None else given)
        reader = None if given is None else schema_of(given, format)
        return AvroDeserializer(CLIENT, reader), lambda value: avro_text(value, parsed)
    if format == "json":
        reader = None if given is None else schema_of(given, format)
        return JSONDeserializer(reader, None, CLIENT), json.dumps
    return ProtobufDeserializer(message_type(given), {}, CLIENT), lambda m: json_format.MessageToJson(m, indent=None)


def produce(command):
    serialize, value_of = serializer(command)
    producer = Producer({"bootstrap.servers": BOOTSTRAP})
    failed = []
    for text in command["values"]:
        headers = []
        context = SerializationContext(command["topic"], MessageField.VALUE, headers)
        # A header serializer adds to the context's own list.
        value = None if text is None else serialize(value_of(text), context)
        producer.produce(
            command["topic"],
            value=value,
            key=b"k",
            headers=list(context.headers or []),
            on_delivery=lambda error, message: failed.append(error) if error else None,
        )
    assert producer.flush(30) == 0 and not failed, failed
    return []


def consume(command):
    deserialize, text_of = deserializer(command)
    consumer = Consumer(
        {"bootstrap.servers": BOOTSTRAP, "group.id": str(uuid.uuid4()), "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([command["topic"]])
    texts = []
    until = time.time() + 60
    while len(texts) < command["count"] and time.time() < until:
        message = consumer.poll(0.2)
        if message is None:
            continue
        assert not message.error(), message.error()
        context = SerializationContext(command["topic"], MessageField.VALUE, message.headers() or [])
        value = deserialize(message.value(), context)
        texts.append(None if value is None else text_of(value))
    consumer.close()
    assert len(texts) == command["count"], f"{len(texts)} of {command['count']} records came"
    return texts


for line in sys.stdin:
    command = json.loads(line)
    try:
        answer = {"values": {"produce": produce, "consume": consume}[command["do"]](command)}
    except Exception as error:  # What went wrong is an answer too.
        import traceback

        traceback.print_exc()
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
