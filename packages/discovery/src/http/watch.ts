import { randomBytes } from 'node:crypto';
import type { HttpContext, SseStream } from '@headwater/http';
import { DiscoveryError } from '../discovery-error.ts';
import type { Change } from '../registry/change.ts';
import { StatusCounts } from '../registry/hash-code.ts';
import type { Lease } from '../registry/lease.ts';
import type { Registry } from '../registry/registry.ts';
import { applicationJson, applicationsJson } from '../wire/write-json.ts';
import type { Answers } from './answers.ts';

const watchersMax = 1_000;
const appsMax = 100;
/** Changes that a reader who comes back is told of; who missed more gets a snapshot. */
const changesKept = 2_000;
const charsKept = 8 * 1024 * 1024;
/** A snapshot of 10,000 instances has 8 MB. */
const hardLimitBytes = 64 * 1024 * 1024;

interface Watcher {
  stream: SseStream;
  /** Null: all. */
  apps: ReadonlySet<string> | null;
  /** A snapshot is told of without its content: the reader only wants to know when to ask. */
  isBell: boolean;
  /** It reads slower than things happen: it gets a snapshot when it has caught up. */
  isBehind: boolean;
}

interface KeptChange {
  version: number;
  app: string;
  data: string;
}

/**
 * Changes as they happen, by server-sent events: `snapshot` (all there is), then a `change` for each. A reader who comes back with
 * `Last-Event-ID` is told what it missed, after `resumed`; or gets a snapshot, as does one that reads too slowly.
 */
export class Watch {
  readonly #registry: Registry;
  readonly #answers: Answers;
  /** Of this server's run: ids of another one say nothing here. */
  readonly #epoch = randomBytes(4).toString('hex');
  readonly #watchers = new Set<Watcher>();
  readonly #changes: KeptChange[] = [];
  #chars = 0;

  constructor({ registry, answers }: { registry: Registry; answers: Answers }) {
    this.#registry = registry;
    this.#answers = answers;
  }

  get count(): number {
    return this.#watchers.size;
  }

  changed({ lease, kind, reason, version }: Change): void {
    const data = `{"kind":"${kind}","reason":${JSON.stringify(reason)},"instance":${this.#answers.instanceJson(lease)}}`;
    this.#changes.push({ version, app: lease.app, data });
    this.#chars += data.length;
    if (this.#changes.length >= changesKept * 1.2 || this.#chars >= charsKept * 1.2) this.#forget();
    for (const watcher of this.#watchers) {
      if (watcher.isBehind || !wants(watcher, lease.app)) continue;
      this.#send(watcher, 'change', data, version);
    }
  }

  /** Answers `GET /watch`. `app` (several, or with commas) filters; `snapshot=none` leaves out what a snapshot holds. */
  open(ctx: HttpContext): void {
    if (this.#watchers.size >= watchersMax) {
      throw new DiscoveryError(
        503,
        'HW_DISCOVERY_TOO_MANY_WATCHERS',
        `${watchersMax} watch already: poll /eureka/apps/delta`,
      );
    }
    const names = ctx.query
      .getAll('app')
      .flatMap((name) => name.split(','))
      .map((name) => name.trim().toUpperCase())
      .filter((name) => name !== '');
    if (names.length > appsMax) {
      throw new DiscoveryError(400, 'HW_DISCOVERY_PARAMETER', `at most ${appsMax} apps: leave app out to watch all`);
    }
    const missed = this.#missedSince(String(ctx.req.headers['last-event-id'] ?? ''));
    const stream = ctx.sse({ hardLimitBytes });
    const watcher: Watcher = {
      stream,
      apps: names.length === 0 ? null : new Set(names),
      isBell: ctx.query.get('snapshot') === 'none',
      isBehind: false,
    };
    this.#watchers.add(watcher);
    void stream.closed.then(() => this.#watchers.delete(watcher));
    if (missed === null) {
      this.#sendSnapshot(watcher);
      return;
    }
    this.#send(watcher, 'resumed', `{"missed":${missed.length}}`, this.#registry.version);
    for (const { app, data, version } of missed) {
      if (!watcher.isBehind && wants(watcher, app)) this.#send(watcher, 'change', data, version);
    }
  }

  close(): void {
    for (const { stream } of this.#watchers) stream.close();
  }

  /** In steps: taking one from the front for each that comes would cost more than the change. */
  #forget(): void {
    let count = 0;
    while (this.#changes.length - count > changesKept || (this.#chars > charsKept && count < this.#changes.length)) {
      this.#chars -= this.#changes[count++]!.data.length;
    }
    this.#changes.splice(0, count);
  }

  /** Null: it is not known what was missed. */
  #missedSince(lastId: string): KeptChange[] | null {
    const [, epoch, digits] = /^([0-9a-f]{8})-(\d{1,15})$/.exec(lastId) ?? [];
    if (epoch !== this.#epoch) return null;
    const version = Number(digits);
    if (version > this.#registry.version) return null;
    // Versions follow each other without gaps.
    const missedCount = this.#registry.version - version;
    return missedCount > this.#changes.length ? null : this.#changes.slice(this.#changes.length - missedCount);
  }

  #sendSnapshot(watcher: Watcher): void {
    if (watcher.isBell) {
      this.#send(watcher, 'snapshot', '{}', this.#registry.version);
      return;
    }
    const counts = new StatusCounts();
    const applications: string[] = [];
    for (const [app, leases] of this.#registry.apps) {
      if (!wants(watcher, app)) continue;
      const instances = Array.from(leases.values(), (lease: Lease) => {
        counts.add(lease.status, 1);
        return this.#answers.instanceJson(lease);
      });
      applications.push(applicationJson(app, instances.join(',')));
    }
    const { version } = this.#registry;
    this.#send(watcher, 'snapshot', applicationsJson(version, counts.hashCode(), applications.join(',')), version);
  }

  #send(watcher: Watcher, event: string, data: string, version: number): void {
    const { stream } = watcher;
    if (stream.send({ event, id: `${this.#epoch}-${version}`, data }) || stream.isClosed) return;
    watcher.isBehind = true;
    void stream.drained().then(() => {
      watcher.isBehind = false;
      // What it was sent last may be a snapshot that is true still.
      if (stream.isClosed || (event === 'snapshot' && version === this.#registry.version)) return;
      this.#sendSnapshot(watcher);
    });
  }
}

function wants({ apps }: Watcher, app: string): boolean {
  return apps === null || apps.has(app);
}
