import { acceptedCorrelationId, correlationHeader } from '../observe/request-scope.ts';
import { parseTraceParent, type TraceContext } from '../observe/trace-context.ts';

type HeaderText = string | Uint8Array | null | undefined;

/** Headers of a record as Kafka clients have them: pairs or a map (@platformatic/kafka), objects (ours, franz-go's shape), an object (kafkajs). */
export type RecordHeaders =
  | Iterable<readonly [HeaderText, HeaderText]>
  | Iterable<{ readonly key: HeaderText; readonly value: HeaderText }>
  | { readonly [name: string]: HeaderText | readonly HeaderText[] };

/** What a record's headers say of the work that it is part of. */
export interface RecordOrigin {
  /** Undefined: it has none that can be continued. */
  readonly context: TraceContext | undefined;
  readonly correlationId: string | undefined;
}

/** Longer ones are none of ours. */
const valueMax = 1_024;
const traceName = 'traceparent';
/** The second is what others call it. */
const correlationNames: readonly string[] = [correlationHeader, 'correlation-id'];

/** Reads trace and correlation id; of several headers of one name the first counts. Never throws. */
export function originOf(headers: RecordHeaders | undefined): RecordOrigin {
  let trace: string | undefined;
  let correlation: string | undefined;
  for (const [key, value] of pairsOf(headers)) {
    const name = textOf(key)?.toLowerCase();
    if (name === traceName) trace ??= textOf(value);
    else if (name !== undefined && correlationNames.includes(name)) correlation ??= textOf(value);
  }
  return { context: parseTraceParent(trace), correlationId: acceptedCorrelationId(correlation) };
}

function* pairsOf(headers: RecordHeaders | undefined): Generator<readonly [HeaderText, HeaderText]> {
  if (headers === undefined || headers === null) return;
  if (Symbol.iterator in headers) {
    for (const each of headers as Iterable<
      readonly [HeaderText, HeaderText] | { key: HeaderText; value: HeaderText }
    >) {
      yield 'key' in each ? [each.key, each.value] : each;
    }
    return;
  }
  for (const [name, value] of Object.entries(headers as Record<string, HeaderText | readonly HeaderText[]>)) {
    yield [name, Array.isArray(value) ? value[0] : (value as HeaderText)];
  }
}

function textOf(value: HeaderText): string | undefined {
  if (typeof value === 'string') return value.length <= valueMax ? value : undefined;
  if (value === null || value === undefined || value.length > valueMax) return undefined;
  return Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1');
}

const keyMax = 256;

/** A record's key for people: text as it is, four or eight bytes that are no text as the number that Kafka's own serializers write, others in hexadecimal. */
export function keyText(key: Uint8Array | string | null | undefined): string | undefined {
  if (key === null || key === undefined) return undefined;
  if (typeof key === 'string') return key.slice(0, keyMax);
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.length);
  const text = bytes.toString('utf8', 0, keyMax);
  if (!/[\p{Cc}\ufffd]/u.test(text)) return text;
  if (bytes.length === 8) return String(bytes.readBigInt64BE());
  if (bytes.length === 4) return String(bytes.readInt32BE());
  return bytes.toString('hex', 0, keyMax / 2);
}
