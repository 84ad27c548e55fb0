import type { HttpContext, SseStream } from '@headwater/http';
import { type Logger, silentLogger } from '@headwater/logger';
import { type Catalog, recordsIn } from './catalog.ts';
import type { GroupWatch, WatchedGroup } from './group-watch.ts';
import { RateWindow } from './rate-window.ts';

const everyMs = 1_000;
/** Topics in one picture; of more, the first by name are shown and the event says so. */
const topicsMax = 1_000;

/** `GET /api/topics/_live`: one sampler for all listeners, at work only while there are any. */
export class LiveSampler {
  readonly #catalog: Catalog;
  readonly #groups: GroupWatch;
  readonly #logger: Logger;
  readonly #streams = new Set<SseStream>();
  readonly #rates = new RateWindow();
  #timer: NodeJS.Timeout | undefined;
  #isSampling = false;
  #last: string | undefined;

  constructor(catalog: Catalog, groups: GroupWatch, logger: Logger = silentLogger) {
    this.#catalog = catalog;
    this.#groups = groups;
    this.#logger = logger;
  }

  serve(ctx: HttpContext): Promise<void> {
    const stream = ctx.sse();
    this.#streams.add(stream);
    if (this.#last !== undefined) stream.send({ event: 'topics', data: this.#last });
    if (this.#timer === undefined) {
      this.#timer = setInterval(() => void this.#sample(), everyMs);
      void this.#sample();
    }
    return stream.closed.then(() => {
      this.#streams.delete(stream);
      if (this.#streams.size === 0) this.close();
    });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#last = undefined;
    this.#rates.clear();
    for (const stream of this.#streams) stream.close();
  }

  async #sample(): Promise<void> {
    if (this.#isSampling) return;
    this.#isSampling = true;
    try {
      const { topics } = await this.#catalog.metadata();
      const visible = topics
        .filter((topic) => topic.errorCode === 0 && !topic.isInternal)
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const shown = visible.slice(0, topicsMax);
      const [bounds, groups] = await Promise.all([this.#catalog.bounds(shown), this.#groups.groups()]);
      const atMs = Date.now();
      this.#send('topics', {
        at: atMs,
        isComplete: shown.length === visible.length,
        topics: shown.map(({ name }) => {
          const of = bounds.get(name)!;
          const latest = of.reduce((sum, one) => sum + one.latest, 0);
          return {
            name,
            partitions: of.length,
            records: recordsIn(of),
            recordsPerSecond: this.#rates.rate(name, latest, atMs),
          };
        }),
        groups: groups.map(groupPicture),
      });
    } catch (error) {
      this.#logger.debug({ error: (error as Error).message }, 'live sample failed');
      this.#send('failure', { at: Date.now(), message: (error as Error).message });
    } finally {
      this.#isSampling = false;
    }
  }

  #send(event: string, value: unknown): void {
    const data = JSON.stringify(value);
    if (event === 'topics') this.#last = data;
    // A listener that is behind skips a picture: the next one says all.
    for (const stream of this.#streams) if (stream.isReady) stream.send({ event, data });
  }
}

function groupPicture({ groupId, state, members, topics }: WatchedGroup) {
  return {
    groupId,
    state,
    members,
    topics: topics.map(({ topic, lagRecords, recordsPerSecond }) => ({ topic, lagRecords, recordsPerSecond })),
  };
}
