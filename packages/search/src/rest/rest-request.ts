import type { HttpContext } from '@headwater/http';
import type { NameOptions } from '../cluster/index-names.ts';
import { parseTimeMs } from '../cluster/units.ts';
import {
  EsError,
  fromJsonError,
  illegalArgument,
  illegalState,
  numberFormat,
  parseException,
  parsingError,
} from '../errors.ts';
import { JsonError } from '../json/json-error.ts';
import { isJsonObject, JsonDocument, JsonObject, parseJson } from '../json/json-value.ts';
import type { BodyShare } from './body-budget.ts';

/** A request with its path and query parameters decoded, and its body read when it is asked for. */
export class RestRequest {
  readonly ctx: HttpContext;
  readonly method: string;
  /** Path as it was sent. */
  readonly path: string;
  readonly #params: ReadonlyMap<string, string>;
  readonly #share: BodyShare;
  #body: Buffer | null = null;

  constructor(ctx: HttpContext, params: ReadonlyMap<string, string>, share: BodyShare) {
    this.ctx = ctx;
    this.#share = share;
    this.method = ctx.method;
    this.path = ctx.path;
    this.#params = params;
  }

  has(name: string): boolean {
    return this.#params.has(name);
  }

  text(name: string): string | null {
    return this.#params.get(name) ?? null;
  }

  /** A part of the path, which is always there. */
  part(name: string): string {
    return this.#params.get(name)!;
  }

  list(name: string): string[] | null {
    const text = this.text(name);
    return text === null ? null : text.split(',').filter((part) => part !== '');
  }

  boolean(name: string, fallback: boolean): boolean {
    const text = this.text(name);
    if (text === null) return fallback;
    if (text === '' || text === 'true') return true;
    if (text === 'false') return false;
    throw illegalArgument(`Failed to parse value [${text}] as only [true] or [false] are allowed.`);
  }

  integer(name: string, fallback: number): number {
    const text = this.text(name);
    if (text === null) return fallback;
    if (!/^[+-]?\d+$/.test(text)) {
      throw illegalArgument(`Failed to parse int parameter [${name}] with value [${text}]`, numberFormat(text));
    }
    return Number(text);
  }

  /** Undefined when the parameter is not given. */
  long(name: string): number | undefined {
    const text = this.text(name);
    if (text === null) return undefined;
    if (!/^[+-]?\d+$/.test(text)) {
      throw illegalArgument(`Failed to parse long parameter [${name}] with value [${text}]`, numberFormat(text));
    }
    const value = Number(text);
    if (!Number.isSafeInteger(value))
      throw illegalArgument(`[${name}] of [${text}] is beyond 2^53, the largest this store keeps`);
    return value;
  }

  timeMs(name: string, fallback: number): number {
    const text = this.text(name);
    return text === null ? fallback : parseTimeMs(text, name);
  }

  /** The body's bytes; empty when there is none. `?source=` stands for a body where none can be sent. */
  async body(): Promise<Buffer> {
    if (this.#body !== null) return this.#body;
    const bytes = await this.ctx.body();
    this.#share.resize(bytes.length);
    this.#body = bytes;
    if (bytes.length === 0 && this.has('source')) {
      if (!this.has('source_content_type'))
        throw illegalState('source and source_content_type parameters are required');
      this.#body = Buffer.from(this.text('source')!);
    }
    return this.#body;
  }

  /** The body as JSON that knows where everything stands; null without one. */
  async document(): Promise<JsonDocument | null> {
    const bytes = await this.body();
    return bytes.length === 0 ? null : parseDocument(bytes);
  }

  async requiredDocument(what = 'request body is required'): Promise<JsonDocument> {
    const document = await this.document();
    if (document === null) throw parseException(what);
    return document;
  }

  /** The body as an object, numbers kept as they were written; empty without one. */
  async object(): Promise<JsonObject> {
    const bytes = await this.body();
    if (bytes.length === 0) return new JsonObject();
    let value: unknown;
    try {
      value = parseJson(bytes, { exactNumbers: true });
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      throw parseException('Failed to parse content to map', fromJsonError(error));
    }
    if (isJsonObject(value as JsonObject)) return value as JsonObject;
    throw new EsError(
      400,
      'not_x_content_exception',
      'Compressor detection can only be called on some xcontent bytes or compressed xcontent bytes',
    );
  }

  /** How the request wants names to be taken, on top of what the API takes by default. */
  nameOptions(defaults: NameOptions): NameOptions {
    const options = { ...defaults };
    options.ignoreUnavailable = this.boolean('ignore_unavailable', defaults.ignoreUnavailable);
    options.allowNoIndices = this.boolean('allow_no_indices', defaults.allowNoIndices);
    const expand = this.list('expand_wildcards');
    if (expand !== null) applyExpand(options, expand);
    return options;
  }
}

export function applyExpand(options: NameOptions, expand: readonly string[]): void {
  options.expandOpen = options.expandClosed = options.expandHidden = false;
  for (const choice of expand) {
    if (choice === 'open') options.expandOpen = true;
    else if (choice === 'closed') options.expandClosed = true;
    else if (choice === 'hidden') options.expandHidden = true;
    else if (choice === 'all') options.expandOpen = options.expandClosed = options.expandHidden = true;
    else if (choice !== 'none') throw illegalArgument(`No valid expand wildcard value [${choice}]`);
  }
}

/** Parses a body that is read as the search API reads it: what follows the value is an error of its own. */
export function parseDocument(bytes: Buffer): JsonDocument {
  try {
    return new JsonDocument(bytes, parseJson(bytes, { positions: true }));
  } catch (error) {
    if (error instanceof JsonError && error.message.startsWith('Unexpected token [')) {
      throw parsingError(error.message.split('\n')[0]!, { line: error.line, column: error.column });
    }
    throw error;
  }
}
