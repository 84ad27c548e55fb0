import { doubleText } from '../values/double-text.ts';

/** Reads bytes as a format has them; undefined: they are none of it. */
type Read = (data: Buffer) => string | undefined;

interface Guess {
  readonly name: string;
  readonly read: Read;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function textOf(data: Buffer): string | undefined {
  if (data.length === 0) return undefined;
  try {
    return utf8.decode(data);
  } catch {
    return undefined;
  }
}

function jsonOf(data: Buffer): string | undefined {
  const text = textOf(data);
  if (text === undefined) return undefined;
  try {
    JSON.parse(text);
    return text;
  } catch {
    return undefined;
  }
}

/** Those that can be read without a registry, in the order in which ksqlDB tries them. */
const formats: readonly Guess[] = [
  { name: 'JSON', read: jsonOf },
  { name: 'KAFKA_INT', read: (data) => (data.length === 4 ? String(data.readInt32BE()) : undefined) },
  { name: 'KAFKA_BIGINT', read: (data) => (data.length === 8 ? String(data.readBigInt64BE()) : undefined) },
  { name: 'KAFKA_DOUBLE', read: (data) => (data.length === 8 ? doubleText(data.readDoubleBE()) : undefined) },
  { name: 'KAFKA_STRING', read: textOf },
];

/** Windows stand behind the key: of sessions their end and beginning, of others the beginning. */
const windowed: readonly Guess[] = formats.flatMap(({ name, read }) => [
  {
    name: `SESSION(${name})`,
    read: windowRead(read, 16, (data) => `${data.readBigInt64BE(8)}/${data.readBigInt64BE(0)}`),
  },
  { name: `HOPPING(${name})`, read: windowRead(read, 8, (data) => `${data.readBigInt64BE()}/-`) },
  { name: `TUMBLING(${name})`, read: windowRead(read, 8, (data) => `${data.readBigInt64BE()}/-`) },
  { name, read },
]);

/** Later beginnings of windows are no times, but bytes of something else. */
const latestMs = 10_000_000_000_000n;

function windowRead(read: Read, windowBytes: number, window: (data: Buffer) => string): Read {
  return (data) => {
    if (data.length <= windowBytes) return undefined;
    const startMs = data.readBigInt64BE(data.length - 8);
    if (startMs < 0n || startMs > latestMs) return undefined;
    if (windowBytes === 16) {
      const endMs = data.readBigInt64BE(data.length - 16);
      if (endMs < startMs || endMs > latestMs) return undefined;
    }
    const key = read(data.subarray(0, -windowBytes));
    return key === undefined ? undefined : `[${key}@${window(data.subarray(-windowBytes))}]`;
  };
}

/** Finds out in which format keys or values are: those that could not read one of them are out. */
export class FormatGuess {
  #left: readonly Guess[];
  #isAnySeen = false;

  constructor(part: 'key' | 'value') {
    this.#left = part === 'key' ? windowed : formats;
  }

  /** Names of those that are left. */
  get text(): string {
    if (!this.#isAnySeen) return '¯\\_(ツ)_/¯ - no data processed';
    return this.#left.map(({ name }) => name).join(' or ');
  }

  /** As the first of those that are left has it; bytes of none in hexadecimal. */
  read(data: Buffer | null): string {
    if (data === null) return '<null>';
    this.#isAnySeen = true;
    let first: string | undefined;
    this.#left = this.#left.filter(({ read }) => {
      const text = read(data);
      first ??= text;
      return text !== undefined;
    });
    return first ?? data.toString('hex').replace(/../g, (byte) => `\\x${byte.toUpperCase()}`);
  }
}
