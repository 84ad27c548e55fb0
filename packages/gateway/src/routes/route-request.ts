import type { IncomingHttpHeaders } from 'node:http';

/** What a request shows to predicates; parsed only as far as they look. */
export class RouteRequest {
  readonly method: string;
  /** Normalised (`normalisePath`), percent-encoding kept. */
  readonly path: string;
  /** With its "?", or empty. */
  readonly search: string;
  readonly headers: IncomingHttpHeaders;
  readonly remoteAddress: string;
  #segments: readonly string[] | undefined;
  #query: URLSearchParams | undefined;
  #cookies: Map<string, string[]> | undefined;

  constructor(method: string, path: string, search: string, headers: IncomingHttpHeaders, remoteAddress: string) {
    this.method = method;
    this.path = path;
    this.search = search;
    this.headers = headers;
    this.remoteAddress = remoteAddress;
  }

  get hasTrailingSlash(): boolean {
    return this.path.length > 1 && this.path.endsWith('/');
  }

  /** The decoded path segments. */
  get segments(): readonly string[] {
    this.#segments ??= splitPath(this.path).map((segment) => (segment.includes('%') ? decode(segment) : segment));
    return this.#segments;
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.search);
    return this.#query;
  }

  get cookies(): Map<string, string[]> {
    if (this.#cookies === undefined) {
      this.#cookies = new Map();
      for (const pair of (this.headers.cookie ?? '').split(';')) {
        const equals = pair.indexOf('=');
        if (equals === -1) continue;
        const name = pair.slice(0, equals).trim();
        const value = pair.slice(equals + 1).trim();
        const values = this.#cookies.get(name);
        if (values) values.push(value);
        else this.#cookies.set(name, [value]);
      }
    }
    return this.#cookies;
  }
}

export function splitPath(path: string): string[] {
  const from = path.startsWith('/') ? 1 : 0;
  const to = path.endsWith('/') ? path.length - 1 : path.length;
  return to <= from ? [] : path.slice(from, to).split('/');
}

/** The path was checked before: what cannot be decoded (bytes that are not UTF-8) is compared as it stands. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
