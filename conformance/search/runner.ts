import { request as httpRequest } from 'node:http';
import { type ApiSpecs, ParamError } from './api.ts';
import {
  contains,
  freeSpacing,
  isNumber,
  isObject,
  isTrue,
  javaForm,
  lengthOf,
  matches,
  toNumber,
  valueAt,
} from './assertions.ts';
import { parseExact, toJsonText } from './json.ts';
import type { Case, Decimal, Step, Value } from './yaml-cases.ts';

export interface Failure {
  step: string;
  reason: string;
}

interface Response {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  value: unknown;
}

const statuses: Record<string, number> = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  missing: 404,
  request_timeout: 408,
  conflict: 409,
  unavailable: 503,
};

/** Leaves nothing of the case before. */
const wipes: readonly [string, string, string?][] = [
  ['DELETE', '/_data_stream/*?expand_wildcards=open,closed,hidden'],
  ['DELETE', '/*?expand_wildcards=open,closed,hidden'],
  ['DELETE', '/_template/*'],
  ['DELETE', '/_index_template/*'],
  ['DELETE', '/_component_template/*'],
  ['DELETE', '/_ingest/pipeline/*'],
  ['DELETE', '/_search/scroll/_all'],
  ['DELETE', '/_search/point_in_time/_all'],
  ['PUT', '/_cluster/settings', '{"persistent":{"*":null},"transient":{"*":null}}'],
];

/** Runs cases of the suite against a store at a URL. */
export class CaseRunner {
  readonly #url: string;
  readonly #apis: ApiSpecs;
  #stash = new Map<string, unknown>();
  #response: Response | null = null;
  /** What the server does not serve at all needs no wiping again. */
  readonly #useless = new Set<string>();

  constructor(url: string, apis: ApiSpecs) {
    this.#url = url;
    this.#apis = apis;
  }

  async run(one: Case): Promise<Failure | null> {
    await this.#wipe();
    this.#stash = new Map();
    this.#response = null;
    let failure = await this.#steps(one.setup);
    failure ??= await this.#steps(one.steps);
    const last = await this.#steps(one.teardown);
    return failure ?? last;
  }

  async #wipe(): Promise<void> {
    for (const [method, path, body] of wipes) {
      if (this.#useless.has(path)) continue;
      const response = await this.#send(method, path, body ?? null, body === undefined ? null : 'application/json', {});
      if (response.text.includes('no handler found') || response.status === 405) this.#useless.add(path);
    }
  }

  async #steps(steps: readonly Step[]): Promise<Failure | null> {
    for (const step of steps) {
      const [[kind, value]] = [...step] as [[string, Value]];
      try {
        const reason = await this.#step(kind, value);
        if (reason !== null) return { step: `${kind}: ${toJsonText(value).slice(0, 300)}`, reason };
      } catch (error) {
        return { step: `${kind}: ${toJsonText(value).slice(0, 300)}`, reason: String((error as Error).stack ?? error) };
      }
    }
    return null;
  }

  async #step(kind: string, value: Value): Promise<string | null> {
    if (kind === 'skip') return null;
    if (kind === 'do') return this.#do(value as Map<string, Value>);
    if (kind === 'is_true' || kind === 'is_false') {
      const actual = this.#at(String(value));
      return isTrue(actual) === (kind === 'is_true') ? null : `${String(value)} is ${show(actual)}`;
    }
    if (kind === 'set') {
      for (const [path, name] of value as Map<string, Value>) {
        const actual = this.#at(path);
        if (actual === undefined) return `nothing at ${path}`;
        this.#stash.set(String(name), actual);
      }
      return null;
    }
    for (const [path, raw] of value as Map<string, Value>) {
      const reason = this.#assert(kind, path, this.#substitute(raw));
      if (reason !== null) return reason;
    }
    return null;
  }

  #assert(kind: string, path: string, expected: unknown): string | null {
    const actual = this.#at(path);
    const told = `${path} is ${show(actual)}`;
    switch (kind) {
      case 'match':
        return matches(actual, expected) ? null : told;
      case 'length':
        return lengthOf(actual) === Number(expected) ? null : `${path} has length ${lengthOf(actual)}`;
      case 'contains':
        return contains(actual, expected) ? null : told;
      case 'close_to': {
        const bounds = expected as Map<string, number | Decimal>;
        if (!isNumber(actual)) return told;
        const distance = Math.abs(toNumber(actual) - toNumber(bounds.get('value')!));
        return distance <= toNumber(bounds.get('error')!) ? null : told;
      }
      case 'gt':
      case 'gte':
      case 'lt':
      case 'lte': {
        if (!isNumber(actual) || !isNumber(expected)) return told;
        const [a, b] = [toNumber(actual), toNumber(expected)];
        const holds = kind === 'gt' ? a > b : kind === 'gte' ? a >= b : kind === 'lt' ? a < b : a <= b;
        return holds ? null : told;
      }
      default:
        return `the runner does not know ${kind}`;
    }
  }

  #at(path: string): unknown {
    return valueAt(this.#response?.value, path, this.#stash);
  }

  #substitute(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#substitute(item));
    if (value instanceof Map) {
      return new Map([...value].map(([key, item]) => [this.#substitute(key), this.#substitute(item)]));
    }
    if (typeof value !== 'string' || !value.includes('$')) return value;
    if (value === '$body') return this.#response?.value;
    const whole = /^\$\{?([A-Za-z_][\w.]*)\}?$/.exec(value);
    if (whole !== null && this.#stash.has(whole[1]!)) return this.#stash.get(whole[1]!);
    return value.replace(/\$\{([^}]+)\}/g, (all, name: string) =>
      this.#stash.has(name) ? String(this.#stash.get(name)) : all,
    );
  }

  async #do(action: ReadonlyMap<string, Value>): Promise<string | null> {
    const modifiers = ['catch', 'headers', 'warnings', 'allowed_warnings', 'node_selector'];
    const [name, rawArgs] = [...action].find(([key]) => !modifiers.includes(key))!;
    const wanted = action.has('catch') ? String(action.get('catch')) : null;
    const args = this.#substitute(rawArgs ?? new Map()) as Map<string, unknown>;
    let response: Response;
    let method: string;
    try {
      const call = this.#apis.call(name, args);
      method = call.method;
      const headers = Object.fromEntries((action.get('headers') as Map<string, Value> | undefined) ?? []) as Record<
        string,
        string
      >;
      response = await this.#send(call.method, call.path, call.body, call.contentType, headers);
    } catch (error) {
      if (error instanceof ParamError) return wanted === 'param' ? null : error.message;
      throw error;
    }
    this.#response = response;
    if (wanted !== null) return this.#checkCatch(wanted, response);
    const ignored = [args.get('ignore') ?? []].flat().map(Number);
    const isFine =
      response.status < 400 || ignored.includes(response.status) || (method === 'HEAD' && response.status === 404);
    if (!isFine) return `${name} answered ${response.status} ${response.text.slice(0, 600)}`;
    return checkWarnings(action.get('warnings') as string[] | undefined, response);
  }

  #checkCatch(wanted: string, response: Response): string | null {
    const told = `answered ${response.status} ${response.text.slice(0, 600)}`;
    if (Object.hasOwn(statuses, wanted)) return response.status === statuses[wanted] ? null : told;
    if (wanted === 'request') return response.status >= 400 ? null : told;
    if (wanted === 'param') return 'the request was sent';
    if (response.status < 400) return told;
    const regex = freeSpacing(wanted.trim().replace(/^\//, '').replace(/\/$/, ''));
    // The source of an expression counts its spaces when it has no comments of its own.
    const plain = new RegExp(wanted.trim().replace(/^\//, '').replace(/\/$/, ''));
    const error = isObject(response.value) ? response.value['error'] : undefined;
    const texts = [javaForm(error), toJsonText(error), response.text];
    return texts.some((text) => regex.test(text) || plain.test(text)) ? null : told;
  }

  #send(
    method: string,
    path: string,
    body: string | null,
    contentType: string | null,
    headers: Record<string, string>,
  ): Promise<Response> {
    const url = new URL(this.#url);
    return new Promise((resolve, reject) => {
      const sent: Record<string, string> = { ...headers };
      if (contentType !== null && sent['Content-Type'] === undefined) sent['content-type'] = contentType;
      if (body !== null) sent['content-length'] = String(Buffer.byteLength(body));
      const request = httpRequest({ host: url.hostname, port: url.port, method, path, headers: sent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const status = response.statusCode!;
          const isJson = /json/.test(String(response.headers['content-type'] ?? ''));
          let value: unknown = text;
          if (method === 'HEAD') value = status < 300;
          else if (isJson && text !== '') value = parseExact(text);
          resolve({ status, headers: response.headers, text, value });
        });
      });
      request.on('error', reject);
      if (body !== null) request.write(body);
      request.end();
    });
  }
}

function checkWarnings(wanted: readonly string[] | undefined, response: Response): string | null {
  if (wanted === undefined) return null;
  const given = [response.headers['warning'] ?? []].flat().join('\n');
  const missing = wanted.find((text) => !given.includes(text.replaceAll('"', '\\"')) && !given.includes(text));
  return missing === undefined ? null : `no warning ${missing}`;
}

function show(value: unknown): string {
  return value === undefined ? 'absent' : toJsonText(value).slice(0, 600);
}
