import { ProtocolError } from '../protocol-error.ts';
import { type MessageSchema, parseVersions } from '../schema.ts';
import { compileReader, compileWriter, type ReadMessage, type WriteMessage } from './compile.ts';
import { interpretRead, interpretWrite } from './interpret.ts';
import { planMessage, type StructPlan } from './plan.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** The codec of one version of one message; its two halves are compiled when they are first used. */
export class Codec {
  readonly schema: MessageSchema;
  readonly version: number;
  private readonly plan: StructPlan;
  private reader: ReadMessage | null = null;
  private writer: WriteMessage | null = null;

  constructor(schema: MessageSchema, version: number) {
    this.schema = schema;
    this.version = version;
    this.plan = planMessage(schema, version);
  }

  read(reader: Reader): unknown {
    this.reader ??= compileOr(
      () => compileReader(this.plan),
      () => (from) => interpretRead(this.plan, from, []),
    );
    const start = reader.pos;
    try {
      return this.reader(reader);
    } catch (error) {
      throw this.explainRead(reader, start, error);
    }
  }

  write(writer: Writer, body: unknown): void {
    this.writer ??= compileOr(
      () => compileWriter(this.plan),
      () => (to, value) => interpretWrite(this.plan, to, value, []),
    );
    try {
      this.writer(writer, body);
    } catch (error) {
      throw this.explainWrite(body, error);
    }
  }

  /** Reads once more by the interpreter, which knows the name of the field that it fails on. */
  private explainRead(reader: Reader, start: number, error: unknown): ProtocolError {
    const path: string[] = [];
    const again = new Reader(reader.buf, start, reader.end);
    try {
      interpretRead(this.plan, again, path);
    } catch (cause) {
      return this.error(cause, path, again.pos);
    }
    return this.error(error, [], start);
  }

  private explainWrite(body: unknown, error: unknown): ProtocolError {
    const path: string[] = [];
    const again = new Writer();
    try {
      interpretWrite(this.plan, again, body, path);
    } catch (cause) {
      return this.error(cause, path, undefined);
    } finally {
      again.release();
    }
    return this.error(error, [], undefined);
  }

  private error(cause: unknown, path: readonly string[], offset: number | undefined): ProtocolError {
    const isOwn = cause instanceof ProtocolError;
    const message = cause instanceof Error ? cause.message.replace(/ \(at byte \d+\)$/, '') : String(cause);
    return new ProtocolError(isOwn ? cause.code : 'HW_PROTOCOL_INVALID_VALUE', message, {
      api: this.schema.name,
      version: this.version,
      field: path.join('.').replaceAll('.[', '['),
      ...(offset === undefined ? {} : { offset }),
      ...(isOwn ? {} : { cause }),
    });
  }
}

function compileOr<T>(compile: () => T, fallback: () => T): T {
  try {
    return compile();
  } catch (error) {
    if (error instanceof EvalError) return fallback();
    throw error;
  }
}

const codecs = new Map<MessageSchema, (Codec | undefined)[]>();

/** The codec of a version, made when it is first asked for. */
export function codecOf(schema: MessageSchema, version: number): Codec {
  let versions = codecs.get(schema);
  if (versions === undefined) {
    versions = [];
    codecs.set(schema, versions);
  }
  const known = versions[version];
  if (known !== undefined) return known;
  const { min, max } = parseVersions(schema.versions);
  if (!Number.isInteger(version) || version < min || version > max) {
    const message = `${schema.name} has versions ${schema.versions}, not ${version}`;
    throw new ProtocolError('HW_PROTOCOL_UNSUPPORTED_VERSION', message, { api: schema.name, version });
  }
  const codec = new Codec(schema, version);
  versions[version] = codec;
  return codec;
}

/** Decodes a structure that stands alone (a control record, a group protocol's metadata). */
export function decodeData(schema: MessageSchema, version: number, buf: Buffer, offset = 0): unknown {
  return codecOf(schema, version).read(new Reader(buf, offset));
}

export function encodeData(schema: MessageSchema, version: number, body: unknown): Buffer {
  const codec = codecOf(schema, version);
  const writer = new Writer();
  try {
    codec.write(writer, body);
    return writer.buffer(false);
  } finally {
    writer.release();
  }
}
