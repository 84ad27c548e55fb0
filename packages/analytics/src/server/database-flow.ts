import type { HttpContext } from '@headwater/http';
import type { ClientSession } from '../session/client-session.ts';

/** One client of one database, from the start of the store. */
interface FlowEntry {
  /** Its `application_name`; without one, its user. */
  client: string;
  database: string;
  /** That were run to their end: BEGIN and SET count as well. */
  statements: number;
  /** Unix time in ms. */
  lastAt: number;
}

const everyMs = 1_000;
const entriesMax = 1_000;

/** Who asks which database, and how often: what the console's map shows. Bounded; the longest unused goes first. */
export class DatabaseFlow {
  readonly #entries = new Map<string, FlowEntry>();
  droppedEntries = 0;

  noteStatement(database: string, session: ClientSession): void {
    const client = session.settings.base.get('application_name') || session.settings.user;
    const key = `${database} ${client}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      if (this.#entries.size >= entriesMax) {
        this.#entries.delete(this.#entries.keys().next().value!);
        this.droppedEntries++;
      }
      entry = { client, database, statements: 0, lastAt: 0 };
    } else this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.statements++;
    entry.lastAt = Date.now();
  }

  /** A database that is dropped is forgotten. */
  forget(database: string): void {
    for (const [key, entry] of this.#entries) if (entry.database === database) this.#entries.delete(key);
  }

  get clients(): FlowEntry[] {
    return [...this.#entries.values()];
  }
}

/** One JSON object, or one a second for who asks for an event stream. */
export function answerFlow(ctx: HttpContext, snapshot: () => unknown): void {
  if (!String(ctx.req.headers.accept ?? '').includes('text/event-stream')) {
    ctx.sendJson(200, snapshot());
    return;
  }
  const stream = ctx.sse();
  const send = (): void => {
    // A reader that does not keep up misses some of them: the next one says all again.
    if (!stream.isClosed) stream.send({ event: 'flow', data: JSON.stringify(snapshot()) });
  };
  send();
  const timer = setInterval(send, everyMs);
  timer.unref();
  void stream.closed.then(() => clearInterval(timer));
}
