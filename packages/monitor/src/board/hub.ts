import type { CrashRecord, MonitorKind, MonitorRecords, NotificationRecord, TriggerRecord } from '../events/records.ts';
import { Board } from './board.ts';
import { Counts, otherName } from './counts.ts';
import { type EventKind, eventKinds, RecentEvents } from './recent-events.ts';

/** Everything that is known, made from records one after the other. */
export class Hub {
  readonly board = new Board();
  readonly counts = new Counts();
  readonly events = new RecentEvents();
  /** Records that were taken, by kind. */
  readonly taken: Record<MonitorKind, number> = {
    status: 0,
    trigger: 0,
    crash: 0,
    notification: 0,
    process: 0,
    lifecycle: 0,
  };
  /** Records on the topics that are none. */
  damaged = 0;
  /** Partition of the topic of logs → the last of its records that is counted as a trigger. */
  readonly logOffsets = new Map<number, number>();

  /** All services that are known: by an instance, or by what they told. */
  services(): string[] {
    const names = this.counts.services();
    names.delete(otherName);
    for (const name of this.board.services()) names.add(name);
    return [...names].sort();
  }

  /** @param isLive false: it happened before this was there, nobody is told */
  take<K extends MonitorKind>(kind: K, record: MonitorRecords[K], nowMs: number, isLive: boolean): void {
    this.taken[kind] += 1;
    if (!this.board.take(kind, record, nowMs)) return;
    // A clock that is ahead makes no counts of the future.
    const atMs = Math.min(record.timestampMs, nowMs);
    if (kind === 'trigger') {
      const { attributes, count, service, trigger, via } = record as TriggerRecord;
      if (via === 'log') this.#logTrigger(attributes?.['record']);
      this.counts.add(kind, service, trigger, atMs, count);
    } else if (kind === 'crash') this.counts.add(kind, record.service, (record as CrashRecord).kind, atMs, 1);
    else if (kind === 'notification')
      this.counts.add(kind, record.service, (record as NotificationRecord).severity, atMs, 1);
    const isEvent = (eventKinds as readonly string[]).includes(kind);
    if (!isEvent || (kind === 'status' && (record as MonitorRecords['status']).isHeartbeat)) return;
    this.events.add(kind as EventKind, record, isLive);
  }

  #logTrigger(place: string | undefined): void {
    const [, partition, offset] = /-(\d+)-(\d+)$/.exec(place ?? '') ?? [];
    if (partition === undefined) return;
    const known = this.logOffsets.get(Number(partition)) ?? -1;
    this.logOffsets.set(Number(partition), Math.max(known, Number(offset)));
  }

  /** Takes a record as it stands on a topic; what is none is counted. */
  read(kind: MonitorKind, value: Buffer, nowMs: number, isLive: boolean): void {
    const record = recordOf(kind, value);
    if (record === undefined) this.damaged += 1;
    else this.take(kind, record, nowMs, isLive);
  }
}

/** Whoever may write to a topic may write anything: only what is used later is looked at. */
export function recordOf<K extends MonitorKind>(kind: K, value: Buffer): MonitorRecords[K] | undefined {
  let record: Record<string, unknown>;
  try {
    record = JSON.parse(value.toString('utf8')) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  if (typeof record !== 'object' || record === null) return undefined;
  const { service, timestampMs } = record;
  if (typeof service !== 'string' || service === '' || typeof timestampMs !== 'number' || !Number.isFinite(timestampMs))
    return undefined;
  if ((kind === 'status' || kind === 'crash' || kind === 'process') && typeof record['instance'] !== 'string')
    return undefined;
  if (kind === 'trigger') {
    if (typeof record['trigger'] !== 'string' || !(Number(record['count']) > 0)) return undefined;
    record['count'] = Number(record['count']);
  }
  if (kind === 'crash') {
    if (typeof record['id'] !== 'string')
      record['id'] = `${service}:${String(record['instance'])}:${String(record['pid'])}:${timestampMs}`;
    record['pid'] = typeof record['pid'] === 'number' ? record['pid'] : null;
    record['startedMs'] = typeof record['startedMs'] === 'number' ? record['startedMs'] : null;
    record['returned'] = Number(record['returned'] ?? 0);
  }
  if (kind === 'status') {
    if (typeof record['status'] !== 'string') return undefined;
    const details = record['details'];
    const given = typeof details === 'object' && details !== null ? details : {};
    record['details'] = {
      address: null,
      version: null,
      run: null,
      source: 'list',
      isGone: false,
      crawler: 'unknown',
      ...given,
    };
    record['reason'] = String(record['reason'] ?? '');
    record['isFlapping'] = record['isFlapping'] === true;
  }
  return record as unknown as MonitorRecords[K];
}
