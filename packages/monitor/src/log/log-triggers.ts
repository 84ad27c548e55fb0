import type { Hub } from '../board/hub.ts';
import { isServiceName } from '../crawl/target.ts';
import type { Tell } from '../events/records.ts';
import { triggerName } from '../http/read-triggers.ts';
import type { ReadRecord } from './event-reader.ts';

export const logsTopic = 'headwater-logs';

/** `TRIGGER name` anywhere in the message. */
const inMessage = /(?:^|[\s[(:])TRIGGER[ :=]+([\p{L}\p{N}][\p{L}\p{N}._:/-]{0,99})/u;
const word = Buffer.from('TRIGGER');
const field = Buffer.from('"trigger"');
/** Lines that are longer are not looked into. */
const lineBytesMax = 256 * 1024;

/**
 * Counts log lines that say so: a field `trigger`, or the words `TRIGGER name` in the message. Each line is counted once, also when the monitor is killed in between: the
 * record that it becomes says where the line stands.
 */
export class LogTriggers {
  readonly #hub: Hub;
  readonly #tell: Tell;
  readonly #now: () => number;

  constructor(hub: Hub, tell: Tell, now: () => number) {
    this.#hub = hub;
    this.#tell = tell;
    this.#now = now;
  }

  take({ offset, partition, value }: Pick<ReadRecord, 'offset' | 'partition' | 'value'>): void {
    // Nearly all lines are none: they are not parsed.
    if (value.length > lineBytesMax || (!value.includes(word) && !value.includes(field))) return;
    if (offset <= (this.#hub.logOffsets.get(partition) ?? -1)) return;
    const found = triggerOf(value);
    if (found === undefined) return;
    const { instance, service, timestampMs, trigger } = found;
    this.#tell('trigger', {
      timestampMs: Math.min(timestampMs, this.#now()),
      service,
      instance,
      trigger,
      count: 1,
      via: 'log',
      attributes: { record: `${logsTopic}-${partition}-${offset}` },
    });
  }
}

function triggerOf(
  value: Buffer,
): { service: string; instance: string | null; timestampMs: number; trigger: string } | undefined {
  let line: Record<string, unknown> | null;
  try {
    line = JSON.parse(value.toString('utf8')) as Record<string, unknown> | null;
  } catch {
    return undefined;
  }
  if (typeof line !== 'object' || line === null || !isServiceName(line['service'])) return undefined;
  const { attributes, instance, message, service, timestampMs } = line;
  const given = (attributes as Record<string, unknown> | null | undefined)?.['trigger'] ?? line['trigger'];
  const trigger =
    typeof given === 'string' && triggerName.test(given)
      ? given
      : typeof message === 'string'
        ? inMessage.exec(message)?.[1]
        : undefined;
  if (trigger === undefined) return undefined;
  return {
    service: service.toLowerCase(),
    instance: typeof instance === 'string' ? instance : null,
    timestampMs:
      typeof timestampMs === 'number' && Number.isFinite(timestampMs) ? timestampMs : Number.POSITIVE_INFINITY,
    trigger,
  };
}
