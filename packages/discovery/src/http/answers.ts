import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Clock } from '../clock.ts';
import { StatusCounts } from '../registry/hash-code.ts';
import type { Lease } from '../registry/lease.ts';
import type { Registry } from '../registry/registry.ts';
import {
  applicationJson,
  applicationsJson,
  compactJson,
  type InstancePieces,
  instancePieces,
} from '../wire/write-json.ts';
import { applicationsXml, applicationXml, compactXml, instanceXml } from '../wire/write-xml.ts';
import type { Format } from './format.ts';

const compress = promisify(gzip);
/** An answer for all is written anew after so long although nothing has changed but the times of heartbeats. */
const staleMs = 5_000;
/** Answers of other kinds than the usual two are kept for as long as nothing changes, and at most so many. */
const keptMax = 16;

interface Answer {
  version: number;
  untilMs: number;
  body: Buffer;
  zipped: Promise<Buffer> | null;
}

/** Writes what clients fetch. Answers for all are written once for all who ask before something changes. */
export class Answers {
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #pieces = new WeakMap<Lease, InstancePieces>();
  readonly #kept = new Map<string, Answer>();

  constructor(registry: Registry, clock: Clock) {
    this.#registry = registry;
    this.#clock = clock;
  }

  /** What is written of an instance is no longer true. */
  changed(lease: Lease): void {
    this.#pieces.delete(lease);
  }

  /** Every application. */
  async all(format: Format, isZipped: boolean): Promise<Buffer> {
    return await this.#keep('all', format, isZipped, () => {
      const groups = Array.from(this.#registry.apps, ([name, leases]) => [name, leases.values()] as const);
      return this.#applications(groups, this.#registry.version, this.#registry.statusCounts.hashCode(), format);
    });
  }

  /** What has changed lately, with the hash code of all. */
  async delta(format: Format, isZipped: boolean): Promise<Buffer> {
    return await this.#keep('delta', format, isZipped, () => {
      const groups = groupByApp(this.#registry.recent.list(this.#clock.now()));
      return this.#applications(groups, this.#registry.version, this.#registry.statusCounts.hashCode(), format);
    });
  }

  /** Instances by one of their two names for load balancers. */
  vip(field: 'vipAddress' | 'secureVipAddress', address: string, format: Format): string {
    const found: Lease[] = [];
    const counts = new StatusCounts();
    for (const lease of this.#registry.leases()) {
      // Netflix's services list several, with commas between.
      if (!lease.instance[field]?.split(',').includes(address)) continue;
      found.push(lease);
      counts.add(lease.status, 1);
    }
    return this.#applications(groupByApp(found), -1, counts.hashCode(), format);
  }

  application(name: string, leases: Iterable<Lease>, format: Format): string {
    if (!format.isJson) return applicationXml(name, this.#instances(leases, format, '  '));
    return `{"application":${applicationJson(name, this.#instances(leases, format))}}`;
  }

  instance(lease: Lease, { isJson }: Format): string {
    return isJson ? `{"instance":${this.instanceJson(lease)}}` : instanceXml(lease);
  }

  instanceJson(lease: Lease): string {
    const [before, after] = this.#piecesOf(lease);
    return before + lease.lastRenewalTimestamp + after;
  }

  #applications(
    groups: Iterable<readonly [name: string, leases: Iterable<Lease>]>,
    version: number,
    hashCode: string,
    format: Format,
  ): string {
    const written = Array.from(groups, ([name, leases]) =>
      format.isJson
        ? applicationJson(name, this.#instances(leases, format))
        : applicationXml(name, this.#instances(leases, format, '    '), '  '),
    );
    return format.isJson
      ? applicationsJson(version, hashCode, written.join(','))
      : applicationsXml(version, hashCode, written.join(''));
  }

  #instances(leases: Iterable<Lease>, { isJson, isCompact }: Format, indent = ''): string {
    if (!isJson) {
      return Array.from(leases, (lease) => (isCompact ? compactXml(lease, indent) : instanceXml(lease, indent))).join(
        '',
      );
    }
    return Array.from(leases, (lease) => (isCompact ? compactJson(lease) : this.instanceJson(lease))).join(',');
  }

  #piecesOf(lease: Lease): InstancePieces {
    let pieces = this.#pieces.get(lease);
    if (pieces === undefined) {
      pieces = instancePieces(lease);
      this.#pieces.set(lease, pieces);
    }
    return pieces;
  }

  async #keep(kind: 'all' | 'delta', format: Format, isZipped: boolean, write: () => string): Promise<Buffer> {
    const name = `${kind} ${format.isJson} ${format.isCompact}`;
    const { version } = this.#registry;
    const nowMs = this.#clock.now();
    let answer = this.#kept.get(name);
    if (answer === undefined || answer.version !== version || nowMs >= answer.untilMs) {
      const untilMs = Math.min(nowMs + staleMs, kind === 'delta' ? this.#registry.recent.nextEndMs : Infinity);
      answer = { version, untilMs, body: Buffer.from(write()), zipped: null };
      this.#kept.delete(name);
      this.#kept.set(name, answer);
      if (this.#kept.size > keptMax) this.#kept.delete(this.#kept.keys().next().value!);
    }
    if (!isZipped) return answer.body;
    answer.zipped ??= compress(answer.body, { level: 1 });
    return await answer.zipped;
  }
}

function groupByApp(leases: Iterable<Lease>): Map<string, Lease[]> {
  const groups = new Map<string, Lease[]>();
  for (const lease of leases) {
    const group = groups.get(lease.app);
    if (group === undefined) groups.set(lease.app, [lease]);
    else group.push(lease);
  }
  return groups;
}
