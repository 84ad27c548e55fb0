"""Answers questions with Google's own protoc and Protobuf for Python (pip install grpcio-tools): a JSON object a line, in and out."""
import base64
import json
import os
import sys
import tempfile

import grpc_tools
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.internal import api_implementation
from grpc_tools import protoc

pool = None
WELL_KNOWN = os.path.join(os.path.dirname(grpc_tools.__file__), "_proto")


def compile_files(request):
    """protoc's descriptor of a file; its messages can be asked for afterwards."""
    global pool
    with tempfile.TemporaryDirectory() as folder:
        for name, text in request["files"].items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        out = os.path.join(folder, "out")
        code = protoc.main(["protoc", "-I" + folder, "-I" + WELL_KNOWN, "--include_imports", "-o" + out, request["main"]])
        if code != 0:
            return {"error": "protoc refused it"}
        with open(out, "rb") as file:
            files = descriptor_pb2.FileDescriptorSet.FromString(file.read())
    return use_files(files.file)


def use_files(files):
    global pool
    pool = descriptor_pool.DescriptorPool()
    for file in files:
        pool.Add(file)
    return {"descriptor": base64.b64encode(files[-1].SerializeToString()).decode()}


def message_class(name):
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


def plain(file):
    """What says the same in another order, or need not be said, is made the same."""
    file = descriptor_pb2.FileDescriptorProto.FromString(base64.b64decode(file))
    file.ClearField("name")
    file.ClearField("source_code_info")
    if file.syntax == "proto2":
        file.ClearField("syntax")
    order(file.dependency, str)
    file.ClearField("public_dependency")
    for message in file.message_type:
        plain_message(message)
    for field in file.extension:
        field.ClearField("json_name")
    for each in (file.message_type, file.extension):
        order(each, lambda x: x.name)
    for enum in file.enum_type:
        plain_enum(enum)
    return file


def plain_enum(enum):
    order(enum.value, lambda x: (x.number, x.name))
    order(enum.reserved_range, lambda x: x.start)
    order(enum.reserved_name, str)


def plain_message(message):
    decls = [o.name for o in message.oneof_decl]
    for field in list(message.field) + list(message.extension):
        field.ClearField("json_name")
        if field.HasField("oneof_index"):
            field.json_name = decls[field.oneof_index]
            field.ClearField("oneof_index")
    for nested in message.nested_type:
        plain_message(nested)
    for enum in message.enum_type:
        plain_enum(enum)
    order(message.reserved_range, lambda x: x.start)
    order(message.reserved_name, str)
    order(message.field, lambda x: x.number)
    order(message.extension, lambda x: x.name)
    order(message.nested_type, lambda x: x.name)
    order(message.oneof_decl, lambda x: x.name)


def order(repeated, key):
    items = sorted(list(repeated), key=key)
    del repeated[:]
    repeated.extend(items)


def same(request):
    ours, theirs = plain(request["ours"]), plain(request["theirs"])
    return {"same": ours == theirs, "ours": str(ours), "theirs": str(theirs)}


def read(request):
    """What Python reads from bytes, as JSON, and the bytes that it writes."""
    message = message_class(request["message"])()
    try:
        message.MergeFromString(base64.b64decode(request["bytes"]))
    except Exception as error:
        return {"error": str(error)}
    if not message.IsInitialized():
        return {"error": "required fields are missing"}
    try:
        text = json_format.MessageToJson(message, descriptor_pool=pool, always_print_fields_with_no_presence=request.get("defaults", False))
    except Exception as error:
        return {"jsonError": str(error), "bytes": encoded(message)}
    return {"json": text, "bytes": encoded(message)}


def from_json(request):
    message = message_class(request["message"])()
    try:
        json_format.Parse(request["json"], message, descriptor_pool=pool)
    except Exception as error:
        return {"error": str(error)}
    return {"bytes": encoded(message)}


def encoded(message):
    return base64.b64encode(message.SerializeToString(deterministic=True)).decode()


COMMANDS = {"compile": compile_files, "same": same, "read": read, "fromJson": from_json}

print(json.dumps({"implementation": api_implementation.Type()}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps(COMMANDS[request["command"]](request)), flush=True)
