import { randomUUID } from 'node:crypto';
import type { KafkaClient } from '@headwater/client';
import { type Logger, silentLogger } from '@headwater/logger';
import { reasonOf } from '../ask/http-asker.ts';
import type { ConfigClient } from './config-client.ts';
import type { ConfigValue } from './config-layers.ts';

export interface BusOptions {
  config: ConfigClient;
  /** A client of the event store; the bus does not close it. */
  client: KafkaClient;
  /** Who this is on the bus, `name:profiles:port:uuid` as Spring's applications have it; events are sent to patterns of it. */
  id: string;
  /** Default `springCloudBus`. */
  topic?: string;
  /** Answer each event with an AckRemoteApplicationEvent. Default true. */
  acks?: boolean;
  signal: AbortSignal;
  logger?: Logger;
}

const refresh = 'RefreshRemoteApplicationEvent';
const environmentChange = 'EnvironmentChangeRemoteApplicationEvent';

/**
 * Follows Spring Cloud Bus on its topic until the signal aborts: a refresh event makes the configuration be fetched, an environment change
 * sets its values, both when their destination is this application. Other types are none of ours. Resolves when it is over.
 */
export async function followBus(options: BusOptions): Promise<void> {
  const { client, id, signal, topic = 'springCloudBus', logger = silentLogger } = options;
  const tail = client.tail({ topics: [topic], from: 'latest', signal });
  try {
    for await (const batch of tail) {
      for (const { value } of batch.records()) {
        const event = parseEvent(value);
        if (event === undefined || event.originService === id || !isFor(event.destinationService, id)) continue;
        await take(event, options).catch((error: unknown) => {
          logger.warn({ event: event.id, reason: reasonOf(error) }, 'an event of the bus could not be followed');
        });
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await tail.close();
  }
}

interface BusEvent {
  type: string;
  id: string;
  originService: string;
  destinationService: string;
  values?: Record<string, ConfigValue>;
}

async function take(event: BusEvent, options: BusOptions): Promise<void> {
  if (event.type === refresh) await options.config.refresh();
  else if (event.type === environmentChange) options.config.override(event.values ?? {});
  else return;
  if (options.acks !== false) await acknowledge(event, options);
}

async function acknowledge(
  event: BusEvent,
  { client, id, topic = 'springCloudBus', signal }: BusOptions,
): Promise<void> {
  const value = JSON.stringify({
    type: 'AckRemoteApplicationEvent',
    timestamp: Date.now(),
    originService: id,
    destinationService: '**',
    id: randomUUID(),
    ackId: event.id,
    ackDestinationService: event.destinationService,
    event: `org.springframework.cloud.bus.event.${event.type}`,
  });
  const headers = [
    { key: 'contentType', value: 'application/json' },
    { key: 'spring_json_header_types', value: '{"contentType":"java.lang.String"}' },
  ];
  await client.produce({ topic, records: [{ key: null, value, headers }], signal });
}

function parseEvent(value: Uint8Array | null): BusEvent | undefined {
  try {
    const event = JSON.parse(Buffer.from(value ?? []).toString('utf8')) as Partial<BusEvent> | null;
    if (typeof event?.type !== 'string' || typeof event.id !== 'string') return undefined;
    const { type, id, originService, destinationService, values } = event;
    return {
      type,
      id,
      originService: String(originService ?? ''),
      destinationService: String(destinationService ?? '**'),
      ...(typeof values === 'object' && values !== null && { values }),
    };
  } catch {
    return undefined;
  }
}

/**
 * Ant's patterns with `:` between the elements, as Spring has them: `**` is everyone, `orders:**` all of one application, `*:**` too. An
 * application that is named without more (`orders`) is `orders:**`.
 */
export function isFor(destination: string, id: string): boolean {
  const pattern = (
    destination.includes(':') || destination === '**' || destination === '' ? destination || '**' : `${destination}:**`
  ).split(':');
  return matches(pattern, 0, id.split(':'), 0);
}

function matches(pattern: readonly string[], p: number, id: readonly string[], i: number): boolean {
  if (p === pattern.length) return i === id.length;
  if (pattern[p] === '**') {
    for (let at = i; at <= id.length; at += 1) if (matches(pattern, p + 1, id, at)) return true;
    return false;
  }
  if (i === id.length) return false;
  return isElement(pattern[p]!, id[i]!) && matches(pattern, p + 1, id, i + 1);
}

/** `*` and `?` within an element, without backtracking beyond the last star. */
function isElement(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let from = 0;
  while (t < text.length) {
    if (p < pattern.length && (pattern[p] === '?' || (pattern[p] === text[t] && pattern[p] !== '*'))) {
      p += 1;
      t += 1;
    } else if (pattern[p] === '*') {
      star = p;
      from = t;
      p += 1;
    } else if (star !== -1) {
      p = star + 1;
      from += 1;
      t = from;
    } else return false;
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}
