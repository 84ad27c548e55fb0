import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toJsonText } from './json.ts';

interface PathSpec {
  path: string;
  methods: string[];
  parts?: Record<string, unknown>;
}

interface ApiSpec {
  url: { paths: PathSpec[] };
  body?: { serialize?: string } | null;
}

export interface Call {
  method: string;
  path: string;
  body: string | null;
  contentType: string | null;
}

/** Thrown when no path fits the arguments: what the suite calls an error of the client. */
export class ParamError extends Error {}

/** Builds requests from the API descriptions of the suite. */
export class ApiSpecs {
  readonly #dir: string;
  readonly #specs = new Map<string, ApiSpec>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  #spec(name: string): ApiSpec {
    let spec = this.#specs.get(name);
    if (spec === undefined) {
      const file = JSON.parse(readFileSync(join(this.#dir, `${name}.json`), 'utf8')) as Record<string, ApiSpec>;
      spec = file[name]!;
      this.#specs.set(name, spec);
    }
    return spec;
  }

  call(name: string, args: ReadonlyMap<string, unknown>): Call {
    const spec = this.#spec(name);
    const values = new Map([...args].filter(([key]) => key !== 'body' && key !== 'ignore'));
    const fits = spec.url.paths
      .map((path) => ({ path, parts: [...path.path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]!) }))
      .filter(({ parts }) => parts.every((part) => isGiven(values.get(part))))
      .sort((a, b) => b.parts.length - a.parts.length);
    const chosen = fits[0];
    if (chosen === undefined)
      throw new ParamError(`no path of ${name} fits the arguments ${[...values.keys()].join(', ')}`);
    let path = chosen.path.path;
    for (const part of chosen.parts) {
      path = path.replace(`{${part}}`, encodePart(wordOf(values.get(part))));
      values.delete(part);
    }
    const query = [...values]
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(wordOf(value))}`);
    const { body, contentType } = encodeBody(args.get('body'), args.has('body'), spec);
    const { methods } = chosen.path;
    let method = methods[0]!;
    if (body !== null && (method === 'GET' || method === 'HEAD') && methods.includes('POST')) method = 'POST';
    return { method, path: query.length > 0 ? `${path}?${query.join('&')}` : path, body, contentType };
  }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && wordOf(value) !== '';
}

function wordOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(wordOf).join(',');
  return typeof value === 'string' ? value : toJsonText(value);
}

function encodePart(text: string): string {
  return encodeURIComponent(text)
    .replace(/%2C/g, ',')
    .replace(/[!'()~]/g, (character) =>
      character === '~' ? '~' : `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
    );
}

function encodeBody(
  body: unknown,
  isGivenBody: boolean,
  spec: ApiSpec,
): { body: string | null; contentType: string | null } {
  if (!isGivenBody || body === null || body === undefined) return { body: null, contentType: null };
  if (spec.body?.serialize === 'bulk') {
    const lines = Array.isArray(body)
      ? body.map((item) => (typeof item === 'string' ? item : toJsonText(item)))
      : [String(body)];
    const text = lines.join('\n');
    return { body: text.endsWith('\n') ? text : `${text}\n`, contentType: 'application/x-ndjson' };
  }
  if (body === '') return { body: '', contentType: null };
  const text = typeof body === 'string' ? body : toJsonText(body);
  return { body: text, contentType: 'application/json' };
}
