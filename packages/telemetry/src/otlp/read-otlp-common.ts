import type { ProtoReader } from '../wire/proto-reader.ts';
import type { OtlpKeyValue, OtlpValue } from './otlp-trace.ts';

/** Messages within messages beyond this are no attribute of anybody. */
const depthMax = 20;

/** Calls with each field; what it does not take is passed over. */
export function each(reader: ProtoReader, take: (reader: ProtoReader, tag: number) => boolean): void {
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    if (!take(reader, tag)) reader.skip(tag);
  }
}

/** All messages of one repeated field. */
export function messages<Value>(reader: ProtoReader, wanted: number, read: (message: ProtoReader) => Value): Value[] {
  const values: Value[] = [];
  each(reader, (inner, tag) => {
    if (tag !== wanted) return false;
    values.push(read(inner.message()));
    return true;
  });
  return values;
}

/** opentelemetry.proto.resource.v1.Resource: its attributes are added to `attributes`. */
export function readResource(message: ProtoReader, attributes: OtlpKeyValue[]): void {
  each(message, (reader, tag) => {
    if (tag !== 0x0a) return false;
    attributes.push(keyValue(reader.message(), 0));
    return true;
  });
}

/** opentelemetry.proto.common.v1.InstrumentationScope */
export function readScope(message: ProtoReader): { name: string; version: string } {
  const scope = { name: '', version: '' };
  each(message, (reader, tag) => {
    if (tag === 0x0a) scope.name = reader.text();
    else if (tag === 0x12) scope.version = reader.text();
    else return false;
    return true;
  });
  return scope;
}

export function keyValue(message: ProtoReader, depth: number): OtlpKeyValue {
  const entry: OtlpKeyValue = {};
  each(message, (reader, tag) => {
    if (tag === 0x0a) entry.key = reader.text();
    else if (tag === 0x12) entry.value = anyValue(reader.message(), depth);
    else return false;
    return true;
  });
  return entry;
}

export function anyValue(message: ProtoReader, depth: number): OtlpValue {
  if (depth > depthMax) throw new RangeError(`an attribute's value has more than ${depthMax} levels`);
  let value: OtlpValue = {};
  each(message, (reader, tag) => {
    if (tag === 0x0a) value = { stringValue: reader.text() };
    else if (tag === 0x10) value = { boolValue: reader.varint() !== 0 };
    else if (tag === 0x18) value = { intValue: reader.int64() };
    else if (tag === 0x21) value = { doubleValue: reader.double() };
    else if (tag === 0x2a) value = { arrayValue: { values: listOf(reader.message(), depth, anyValue) } };
    else if (tag === 0x32) value = { kvlistValue: { values: listOf(reader.message(), depth, keyValue) } };
    else if (tag === 0x3a) value = { bytesValue: reader.bytes().toString('base64') };
    else return false;
    return true;
  });
  return value;
}

function listOf<Value>(
  message: ProtoReader,
  depth: number,
  read: (inner: ProtoReader, depth: number) => Value,
): Value[] {
  const values: Value[] = [];
  each(message, (reader, tag) => {
    if (tag !== 0x0a) return false;
    values.push(read(reader.message(), depth + 1));
    return true;
  });
  return values;
}
