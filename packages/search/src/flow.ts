import type { HttpContext } from '@headwater/http';

export type FlowDirection = 'index' | 'search';

interface FlowEntry {
  client: string;
  index: string;
  direction: FlowDirection;
  documents: number;
  requests: number;
  lastAt: number;
}

const entriesMax = 1_000;

/** Who writes to and reads from which index: what the console's map shows. Bounded; the longest unused goes first. */
export class Flow {
  readonly #entries = new Map<string, FlowEntry>();
  readonly #indices = new Map<string, { indexedTotal: number; searchesTotal: number }>();
  droppedEntries = 0;

  record(ctx: HttpContext, index: string, direction: FlowDirection, documents: number): void {
    const client = clientOf(ctx);
    const key = `${direction} ${index} ${client}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      if (this.#entries.size >= entriesMax) {
        this.#entries.delete(this.#entries.keys().next().value!);
        this.droppedEntries++;
      }
      entry = { client, index, direction, documents: 0, requests: 0, lastAt: 0 };
    } else this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.documents += documents;
    entry.requests++;
    entry.lastAt = Date.now();
    let totals = this.#indices.get(index);
    if (totals === undefined) {
      totals = { indexedTotal: 0, searchesTotal: 0 };
      this.#indices.set(index, totals);
    }
    if (direction === 'index') totals.indexedTotal += documents;
    else totals.searchesTotal++;
  }

  totals(index: string): { indexedTotal: number; searchesTotal: number } {
    return this.#indices.get(index) ?? { indexedTotal: 0, searchesTotal: 0 };
  }

  /** An index that is gone is forgotten. */
  forget(index: string): void {
    this.#indices.delete(index);
    for (const [key, entry] of this.#entries) if (entry.index === index) this.#entries.delete(key);
  }

  get clients(): FlowEntry[] {
    return [...this.#entries.values()];
  }
}

/** The name a client gives itself, else the first word of its user agent. */
function clientOf(ctx: HttpContext): string {
  const opaque = ctx.req.headers['x-opaque-id'];
  const name =
    typeof opaque === 'string' && opaque !== ''
      ? opaque
      : (ctx.req.headers['user-agent'] ?? 'unknown').split(/[\s/(]/)[0]!;
  return name.slice(0, 100);
}
