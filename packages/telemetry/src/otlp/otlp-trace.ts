/**
 * OpenTelemetry's traces as OTLP's JSON has them (opentelemetry-proto 1.x, trace/v1): what the decoder of Protocol Buffers makes too. Times are nanoseconds since
 * 1970, as texts, numbers or bigints.
 */
export interface OtlpTraces {
  resourceSpans?: readonly OtlpResourceSpans[];
}

export interface OtlpResourceSpans {
  resource?: { attributes?: readonly OtlpKeyValue[] };
  scopeSpans?: readonly { scope?: { name?: string; version?: string }; spans?: readonly OtlpSpan[] }[];
}

export interface OtlpSpan {
  /** Hexadecimal, as all ids. */
  traceId?: string;
  spanId?: string;
  parentSpanId?: string;
  name?: string;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer; in JSON also by name. */
  kind?: number | string;
  startTimeUnixNano?: OtlpNanos;
  endTimeUnixNano?: OtlpNanos;
  attributes?: readonly OtlpKeyValue[];
  droppedAttributesCount?: number;
  events?: readonly { timeUnixNano?: OtlpNanos; name?: string; attributes?: readonly OtlpKeyValue[] }[];
  droppedEventsCount?: number;
  links?: readonly { traceId?: string; spanId?: string }[];
  /** Code 1 ok, 2 error. */
  status?: { code?: number | string; message?: string };
}

export type OtlpNanos = string | number | bigint;

export interface OtlpKeyValue {
  key?: string;
  value?: OtlpValue;
}

export interface OtlpValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string | number;
  doubleValue?: number | string;
  arrayValue?: { values?: readonly OtlpValue[] };
  kvlistValue?: { values?: readonly OtlpKeyValue[] };
  /** Base64. */
  bytesValue?: string;
}

/** Deepest nesting of an attribute's value that is looked at. */
const depthMax = 16;

/** The plain value of an attribute; integers beyond 2^53 as texts. */
export function plainValue(value: OtlpValue | undefined, depth = 0): unknown {
  if (value === undefined || value === null || depth > depthMax) return null;
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.boolValue !== undefined) return value.boolValue;
  if (value.intValue !== undefined) {
    const number = Number(value.intValue);
    return Number.isSafeInteger(number) ? number : String(value.intValue);
  }
  if (value.doubleValue !== undefined) return value.doubleValue;
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map((one) => plainValue(one, depth + 1));
  if (value.kvlistValue !== undefined) return plainAttributes(value.kvlistValue.values, depth + 1);
  return value.bytesValue ?? null;
}

export function plainAttributes(list: readonly OtlpKeyValue[] | undefined, depth = 0): Record<string, unknown> {
  const attributes: Record<string, unknown> = Object.create(null);
  for (const { key, value } of list ?? []) if (key !== undefined) attributes[key] = plainValue(value, depth);
  return attributes;
}
