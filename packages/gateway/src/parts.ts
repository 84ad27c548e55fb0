import { connect } from 'node:net';
import { GatewayError } from './errors.ts';
import { RoundRobin } from './routes/round-robin.ts';
import type { InstancePicker } from './stages/policies.ts';

/** Paths of the rest part that are served as they are, without its key before them: `/api/consume/orders`. */
const restPaths = new Set(['produce', 'consume', 'topics', 'groups', 'cluster', 'correlate']);
/** And those of others: `/api/notify` is `/notify` of the part monitor. */
const shortPaths: Readonly<Record<string, string>> = { notify: 'monitor' };
const probeTimeoutMs = 500;

export interface PartTarget {
  key: string;
  /** `part "search"`. */
  name: string;
  picker: InstancePicker;
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

interface Part {
  name: string;
  url: URL;
  base: string;
  picker: InstancePicker;
}

/** The parts behind the gateway by key: `/api/KEY/**`, and the paths of `rest` that have no key. */
export class Parts {
  readonly #parts = new Map<string, Part>();

  constructor(parts: Readonly<Record<string, string>>) {
    for (const [key, url] of Object.entries(parts)) this.set(key, url);
  }

  /** Undefined removes the part. */
  set(key: string, url: string | undefined): void {
    if (!/^[a-z][a-z0-9-]*$/.test(key))
      throw new GatewayError('HW_GATEWAY_BAD_PART', `"${key}" is not a part's key: use small letters, digits and "-"`);
    if (url === undefined) return void this.#parts.delete(key);
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new GatewayError(
        'HW_GATEWAY_BAD_PART',
        `the address "${url}" of part ${key} is not a URL like http://127.0.0.1:9200`,
      );
    const { origin, pathname } = new URL(url);
    // A part given by URL may live below a path, as a registry under `/apis/ccompat/v7` does.
    const base = pathname.replace(/\/+$/, '');
    this.#parts.set(key, { name: `part "${key}"`, url: new URL(url), base, picker: new RoundRobin([{ origin }]) });
  }

  get keys(): string[] {
    return [...this.#parts.keys()];
  }

  get origins(): string[] {
    return [...this.#parts.values()].map((part) => part.url.origin);
  }

  /** The part that serves a path below `/api/`; undefined when the path names none. */
  find(path: string): PartTarget | undefined {
    if (!path.startsWith('/api/')) return undefined;
    const slash = path.indexOf('/', 5);
    const key = slash === -1 ? path.slice(5) : path.slice(5, slash);
    const isRest = restPaths.has(key);
    const short = Object.hasOwn(shortPaths, key) ? shortPaths[key] : undefined;
    const partKey = isRest ? 'rest' : (short ?? key);
    const part = this.#parts.get(partKey);
    if (part === undefined) return undefined;
    const rest = isRest ? path : short !== undefined ? path.slice(4) : slash === -1 ? '/' : path.slice(slash);
    return { key: partKey, name: part.name, picker: part.picker, path: part.base + rest };
  }

  /** Asks each part for a connection. */
  states(): Promise<PartState[]> {
    return Promise.all(
      [...this.#parts].map(async ([key, { url }]) => {
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
