import type { EventTopic } from '@headwater/events';
import type { Call } from '../stages/call.ts';
import type { Observer } from '../stages/module.ts';

export const accessLogTopic = 'headwater-access-log';

/** One request as the topic `headwater-access-log` has it. Never a header, query or body: they may hold secrets. */
export interface AccessEvent {
  timestampMs: number;
  traceId: string | null;
  correlationId: string;
  /** The route's id; null for parts and the gateway's own answers. */
  route: string | null;
  /** The service behind `lb://`, or the part's key. */
  service: string | null;
  /** Where the last attempt went. */
  instance: string | null;
  method: string;
  path: string;
  status: number;
  durationMs: number;
  /** From the last attempt's start to the head of its answer; null when nothing was asked. */
  upstreamMs: number | null;
  requestBytes: number;
  responseBytes: number;
  user: string | null;
  clientAddress: string;
  retries: number;
  /** answered, refused, failed, cut, cancelled, upgraded. */
  outcome: string;
  /** Code of the gateway's own answer. */
  error: string | null;
}

/** Tells each call of a route or part, and each refusal, as an event. The gateway's own pages that went well are left out. */
export function accessLog(topic: EventTopic): Observer {
  return {
    ended(call) {
      if (call.route === undefined && call.part === undefined && call.status < 400) return;
      const event = accessEvent(call);
      topic.tell(event.service ?? event.route ?? 'gateway', event);
    },
  };
}

export function accessEvent(call: Call): AccessEvent {
  const durationMs = performance.now() - call.startMs;
  return {
    timestampMs: Math.round(performance.timeOrigin + call.startMs),
    traceId: call.traceId || null,
    correlationId: call.correlationId,
    route: call.route?.id ?? null,
    service: call.instance?.service ?? call.part ?? null,
    instance: call.instance?.id ?? call.instance?.origin ?? null,
    method: call.method,
    path: call.path.slice(0, 2_048),
    status: call.status,
    durationMs: rounded(durationMs),
    upstreamMs: call.instance === undefined ? null : rounded(call.upstreamMs),
    requestBytes: call.requestBytes,
    responseBytes: call.responseBytes,
    user: (call.caller?.name ?? call.user) || null,
    clientAddress: call.clientAddress,
    retries: call.retries,
    outcome: call.outcome ?? 'answered',
    error: call.errorCode || null,
  };
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
