import type { EventTopic } from '@headwater/events';
import type { Call } from '../stages/call.ts';

export const auditTopic = 'headwater-audit';

/** What is told of one decision; who called, and from where, is added. */
export interface AuditEntry {
  event: 'LOGIN' | 'LOGOUT' | 'PROVIDER_LOGOUT' | 'TOKEN_REFUSED' | 'ACCESS_DENIED' | 'LIMIT_REFUSED' | 'RESET_LIMITS';
  outcome: 'success' | 'failure';
  user?: string;
  reason?: string;
  details?: Record<string, unknown>;
}

/** The same refusal of the same caller is told once in so long, with how often it happened meanwhile. */
const repeatMs = 10_000;
const keptRepeats = 1_000;

/**
 * Logins, logouts and refusals as events on the topic `headwater-audit`, never with a token or secret. A caller that is refused again and again
 * does not fill the topic.
 */
export class AuditTrail {
  readonly #topic: Pick<EventTopic, 'tell'> | undefined;
  readonly #now: () => number;
  readonly #repeats = new Map<string, { untilMs: number; count: number }>();

  constructor(topic: Pick<EventTopic, 'tell'> | undefined, now: () => number = Date.now) {
    this.#topic = topic;
    this.#now = now;
  }

  record(call: Call, entry: AuditEntry): void {
    if (this.#topic === undefined) return;
    const user = entry.user ?? call.user;
    let repeated = 0;
    if (entry.outcome === 'failure') {
      const found = this.#repeat(
        `${entry.event} ${entry.reason} ${user} ${call.clientAddress} ${call.route?.id ?? call.part}`,
      );
      if (found === undefined) return;
      repeated = found;
    }
    this.#topic.tell(user || call.clientAddress, {
      timestampMs: this.#now(),
      event: entry.event,
      user: user || null,
      client: call.caller?.clientId || null,
      address: call.clientAddress,
      outcome: entry.outcome,
      reason: entry.reason ?? null,
      details: {
        gateway: true,
        method: call.method,
        path: call.path.slice(0, 500),
        route: call.route?.id ?? null,
        correlationId: call.correlationId,
        ...(repeated > 0 ? { repeated } : {}),
        ...entry.details,
      },
    });
  }

  /** How often it was not told since it was; undefined: not now either. */
  #repeat(key: string): number | undefined {
    const now = this.#now();
    const before = this.#repeats.get(key);
    if (before !== undefined && now < before.untilMs) {
      before.count++;
      return undefined;
    }
    this.#repeats.delete(key);
    if (this.#repeats.size >= keptRepeats) this.#repeats.delete(this.#repeats.keys().next().value!);
    this.#repeats.set(key, { untilMs: now + repeatMs, count: 0 });
    return before?.count ?? 0;
  }
}
