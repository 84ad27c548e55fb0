/** What is known of a header field's name. */
export interface FieldName {
  readonly lower: string;
  /** What an answer's parser looks at; 0: nothing. */
  readonly framing: 0 | 1 | 2 | 3 | 4;
  /** About one connection (RFC 9110, section 7.6.1): never forwarded. */
  readonly isHopByHop: boolean;
}

export const framingKinds = { contentLength: 1, transferEncoding: 2, connection: 3, keepAlive: 4 } as const;

const framing: Readonly<Record<string, FieldName['framing']>> = {
  'content-length': framingKinds.contentLength,
  'transfer-encoding': framingKinds.transferEncoding,
  connection: framingKinds.connection,
  'keep-alive': framingKinds.keepAlive,
};

/** Fields about one connection, never forwarded. */
export const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const known = new Map<string, FieldName>();
/** The same few names come again and again: more than these are looked at anew each time. */
const knownMax = 2_000;

/** Undefined when it is no field name. */
export function fieldName(name: string): FieldName | undefined {
  const found = known.get(name);
  if (found !== undefined) return found;
  if (!token.test(name)) return undefined;
  const lower = name.toLowerCase();
  const field: FieldName = { lower, framing: framing[lower] ?? 0, isHopByHop: hopByHop.has(lower) };
  if (known.size < knownMax && name.length < 64) known.set(name, field);
  return field;
}
