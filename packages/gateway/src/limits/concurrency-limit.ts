import { HttpError } from '@headwater/http';
import type { FilterKind } from '../routes/filters/filter.ts';
import type { Call } from '../stages/call.ts';
import type { Observer } from '../stages/module.ts';
import { keyResolver } from './key-resolver.ts';

/** Requests under way for one key of one `ConcurrencyLimit`. */
export interface InFlight {
  readonly route: string;
  readonly key: string;
  readonly max: number;
  count: number;
  refused: number;
}

/**
 * `ConcurrencyLimit=10` or `ConcurrencyLimit=2, user`: so many requests of one key (default: of the route) under way at once in this gateway;
 * a further one is refused with 429 at once. Streams and WebSockets count for as long as they last.
 */
export class ConcurrencyLimits {
  readonly #byName = new Map<string, InFlight>();
  readonly #held = new WeakMap<Call, InFlight[]>();

  readonly filter: FilterKind = {
    name: 'ConcurrencyLimit',
    shape: { fields: ['max', 'keyResolver'] },
    create: (args, { id }) => {
      const max = args.integer('max');
      if (max < 1) args.fail('max must be at least 1');
      const resolve = keyResolver(args.optionalText('keyResolver') ?? 'route', (reason) => args.fail(reason));
      return {
        stage: {
          phase: 'limit',
          begin: (call) => {
            const key = resolve(call);
            if (key !== undefined) this.#enter(call, id, key, max);
            return undefined;
          },
        },
      };
    },
  };

  readonly observer: Observer = {
    ended: (call) => {
      const held = this.#held.get(call);
      if (held === undefined) return;
      this.#held.delete(call);
      for (const entry of held) {
        entry.count--;
        if (entry.count === 0) this.#byName.delete(nameOf(entry.route, entry.key, entry.max));
      }
    },
  };

  /** Only keys with something under way are held, so their number is bounded by the connections. */
  get entries(): Iterable<InFlight> {
    return this.#byName.values();
  }

  #enter(call: Call, route: string, key: string, max: number): void {
    const name = nameOf(route, key, max);
    let entry = this.#byName.get(name);
    if (entry === undefined) {
      entry = { route, key, max, count: 0, refused: 0 };
      this.#byName.set(name, entry);
    }
    if (entry.count >= max) {
      entry.refused++;
      throw new HttpError(
        429,
        'HW_GATEWAY_CONCURRENCY',
        `${max} requests of this kind are under way at once, which is the most on this route: wait for one of them to end`,
        { max },
        undefined,
        { 'retry-after': '1' },
      );
    }
    entry.count++;
    const held = this.#held.get(call);
    if (held === undefined) this.#held.set(call, [entry]);
    else held.push(entry);
  }
}

function nameOf(route: string, key: string, max: number): string {
  return `${route}\n${max}\n${key}`;
}
