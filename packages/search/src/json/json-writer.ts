import { type JsonObject, RawNumber } from './json-value.ts';

/** Bytes that are JSON already and go into an answer as they are. */
export class RawJson {
  readonly bytes: Buffer;
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

/** A number that is printed with a fraction even when it has none, as Java prints doubles: `1.0`, `2.96E17`. */
export class JavaDouble {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A 32-bit float: printed with the fewest digits that give the same float. */
export class JavaFloat {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

const quotable = /["\\\u0000-\u001f\ud800-\udfff]/;

/** Writes a value as compact JSON, or indented as the imitated system does for `?pretty`. */
export function writeJson(value: unknown, pretty = false): Buffer {
  const chunks: Buffer[] = [];
  let text = '';
  const write = (part: string): void => {
    text += part;
    if (text.length > 65_536) flush();
  };
  const flush = (): void => {
    if (text.length > 0) chunks.push(Buffer.from(text));
    text = '';
  };
  const raw = (bytes: Buffer): void => {
    if (bytes.length < 512) write(bytes.toString('utf8', 0, bytes.length));
    else {
      flush();
      chunks.push(bytes);
    }
  };
  emit(value, write, raw, pretty ? '\n' : '');
  if (pretty) text += '\n';
  flush();
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

/** As `writeJson`, for small values that are wanted as text. */
export function writeJsonText(value: unknown): string {
  let text = '';
  emit(
    value,
    (part) => {
      text += part;
    },
    (bytes) => {
      text += bytes.toString('utf8', 0, bytes.length);
    },
    '',
  );
  return text;
}

function emit(value: unknown, write: (part: string) => void, raw: (bytes: Buffer) => void, indent: string): void {
  switch (typeof value) {
    case 'string':
      write(quote(value));
      return;
    case 'number':
      write(Number.isFinite(value) ? String(value) : `"${value}"`);
      return;
    case 'boolean':
    case 'bigint':
      write(String(value));
      return;
    case 'object':
      break;
    default:
      write('null');
      return;
  }
  if (value === null) write('null');
  else if (value instanceof RawJson) raw(value.bytes);
  else if (value instanceof RawNumber) write(value.text);
  else if (value instanceof JavaDouble) write(javaDouble(value.value));
  else if (value instanceof JavaFloat) write(javaFloat(value.value));
  else if (Array.isArray(value)) {
    if (value.length === 0) write(indent === '' ? '[]' : '[ ]');
    else {
      const inner = indent === '' ? '' : `${indent}  `;
      for (let i = 0; i < value.length; i++) {
        write(i === 0 ? `[${inner}` : `,${inner}`);
        emit(value[i], write, raw, inner);
      }
      write(`${indent}]`);
    }
  } else {
    const inner = indent === '' ? '' : `${indent}  `;
    const colon = indent === '' ? ':' : ' : ';
    let isFirst = true;
    const entry = (key: string, item: unknown): void => {
      if (item === undefined) return;
      write(isFirst ? `{${inner}` : `,${inner}`);
      isFirst = false;
      write(quote(key) + colon);
      emit(item, write, raw, inner);
    };
    if (value instanceof Map) for (const [key, item] of value as JsonObject) entry(key, item);
    else for (const key of Object.keys(value)) entry(key, (value as Record<string, unknown>)[key]);
    write(isFirst ? (indent === '' ? '{}' : '{ }') : `${indent}}`);
  }
}

export function quote(text: string): string {
  // JSON.stringify escapes what must be escaped; most texts need nothing.
  return quotable.test(text) ? JSON.stringify(text) : `"${text}"`;
}

/** A double as Java's Double.toString prints it. */
export function javaDouble(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size === 0) return '0.0';
  if (size >= 1e-3 && size < 1e7) {
    const text = String(value);
    return text.includes('.') ? text : `${text}.0`;
  }
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
}

/** A float as Java's Float.toString prints it: the shortest digits that parse to the same float. */
export function javaFloat(value: number): string {
  return javaDouble(shortestFloat(value));
}

export function shortestFloat(value: number): number {
  if (!Number.isFinite(value) || Number.isInteger(value)) return value;
  for (let digits = 6; digits <= 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return value;
}
