import { connect } from 'node:net';
import { GatewayError } from './errors.ts';

/** Paths of the rest part that are served as they are, without its key before them: `/api/consume/orders`. */
const restPaths = new Set(['produce', 'consume', 'topics', 'groups', 'cluster']);
const probeTimeoutMs = 500;

export interface PartTarget {
  key: string;
  url: URL;
  /** What the part is asked for. */
  path: string;
}

export interface PartState {
  key: string;
  url: string;
  path: string;
  state: 'up' | 'down';
  detail?: string;
}

/** The parts behind the gateway by key: `/api/KEY/**`, and the paths of `rest` that have no key. */
export class Parts {
  readonly #urls = new Map<string, URL>();

  constructor(parts: Readonly<Record<string, string>>) {
    for (const [key, url] of Object.entries(parts)) this.set(key, url);
  }

  /** Undefined removes the part. */
  set(key: string, url: string | undefined): void {
    if (!/^[a-z][a-z0-9-]*$/.test(key))
      throw new GatewayError('HW_GATEWAY_BAD_PART', `"${key}" is not a part's key: use small letters, digits and "-"`);
    if (url === undefined) return void this.#urls.delete(key);
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new GatewayError(
        'HW_GATEWAY_BAD_PART',
        `the address "${url}" of part ${key} is not a URL like http://127.0.0.1:9200`,
      );
    this.#urls.set(key, new URL(url));
  }

  get keys(): string[] {
    return [...this.#urls.keys()];
  }

  get origins(): string[] {
    return [...this.#urls.values()].map((url) => url.origin);
  }

  /** The part that serves a path below `/api/`; undefined when the path names none. */
  find(path: string): PartTarget | undefined {
    if (!path.startsWith('/api/')) return undefined;
    const slash = path.indexOf('/', 5);
    const key = slash === -1 ? path.slice(5) : path.slice(5, slash);
    if (restPaths.has(key)) {
      const url = this.#urls.get('rest');
      return url && { key: 'rest', url, path: base(url) + path };
    }
    const url = this.#urls.get(key);
    return url && { key, url, path: base(url) + (slash === -1 ? '/' : path.slice(slash)) };
  }

  /** Asks each part for a connection. */
  states(): Promise<PartState[]> {
    return Promise.all(
      [...this.#urls].map(async ([key, url]) => {
        const detail = await probe(url);
        return {
          key,
          url: url.href.replace(/\/$/, ''),
          path: `/api/${key}`,
          state: detail === undefined ? 'up' : 'down',
          ...(detail && { detail }),
        } satisfies PartState;
      }),
    );
  }
}

/** A part given by URL may live below a path, as a registry under `/apis/ccompat/v7` does. */
function base(url: URL): string {
  return url.pathname.replace(/\/+$/, '');
}

/** Undefined when a connection is accepted, otherwise why not. */
function probe(url: URL): Promise<string | undefined> {
  return new Promise((resolve) => {
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
    const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port });
    const done = (detail: string | undefined): void => {
      socket.destroy();
      resolve(detail);
    };
    socket.setTimeout(probeTimeoutMs, () => done(`no connection within ${probeTimeoutMs} ms`));
    socket.once('connect', () => done(undefined));
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
  });
}
