import { randomUUID } from 'node:crypto';

/** A message of Spring Cloud Bus as it stands on the topic. */
export interface BusEvent {
  type: string;
  timestamp: number;
  originService: string;
  destinationService: string;
  id: string;
  /** Of EnvironmentChangeRemoteApplicationEvent. */
  values?: Record<string, string>;
  /** Of AckRemoteApplicationEvent. */
  ackId?: string;
  ackDestinationService?: string;
  event?: string;
}

export const busHeaders: readonly { key: string; value: string }[] = [
  { key: 'contentType', value: 'application/json' },
  { key: 'spring_json_header_types', value: '{"contentType":"java.lang.String"}' },
];

export function refreshEvent(origin: string, destination: string, timestampMs: number): BusEvent {
  return {
    type: 'RefreshRemoteApplicationEvent',
    timestamp: timestampMs,
    originService: origin,
    destinationService: fullDestination(destination),
    id: randomUUID(),
  };
}

export function environmentChangeEvent(
  origin: string,
  destination: string,
  values: Record<string, string>,
  timestampMs: number,
): BusEvent {
  return { ...refreshEvent(origin, destination, timestampMs), type: 'EnvironmentChangeRemoteApplicationEvent', values };
}

export function ackEvent(origin: string, of: BusEvent, timestampMs: number): BusEvent {
  return {
    ...refreshEvent(origin, '**', timestampMs),
    type: 'AckRemoteApplicationEvent',
    ackId: of.id,
    ackDestinationService: of.destinationService,
    event: `org.springframework.cloud.bus.event.${of.type}`,
  };
}

/** Spring completes a destination: `orders` is `orders:**`, nothing is `**`. */
export function fullDestination(destination: string): string {
  if (destination === '') return '**';
  if (destination === '**' || destination.split(':').length >= 4 || destination.endsWith(':**')) return destination;
  return `${destination}:**`;
}

/** Reads a message; undefined for what is none. */
export function parseBusEvent(text: string): BusEvent | undefined {
  try {
    const event = JSON.parse(text) as Partial<BusEvent> | null;
    const isEvent = typeof event?.type === 'string' && typeof event.id === 'string';
    return isEvent && typeof event.originService === 'string' ? (event as BusEvent) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a service's id (`orders:dev:8080:uuid`) matches a destination: Ant's pattern with `:` between the parts. */
export function matchesDestination(pattern: string, id: string): boolean {
  const expression = pattern.split(/(:?\*\*:?|\*|\?)/).map((piece) => {
    if (piece === '**') return '.*';
    if (piece === ':**') return '(?::.*)?';
    if (piece === '**:') return '(?:.*:)?';
    if (piece === ':**:') return ':(?:.*:)?';
    if (piece === '*') return '[^:]*';
    if (piece === '?') return '[^:]';
    return piece.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${expression.join('')}$`, 's').test(id);
}
