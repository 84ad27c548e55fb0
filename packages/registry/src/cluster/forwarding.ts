import type { Call } from '../http/routes.ts';
import type { WriteGate } from '../http/write-gate.ts';
import type { SchemaLog } from '../log/schema-log.ts';
import { errors, type RegistryError } from '../registry-error.ts';
import { type RegistryIdentity, urlOf } from './identity.ts';
import type { Leadership } from './leadership.ts';

/** Said of requests that another registry has sent on: they are not sent further. */
const forwardHeader = 'x-forward';
const timeoutMs = 60_000;
/** How long a leader that nobody reaches is waited for, or another one; and after which pause it is asked again. */
const unreachableMs = 15_000;
const retryMs = 250;
/** What of a request goes on to the leader. */
const headersSent = ['accept', 'authorization', 'content-type', 'x-correlation-id', 'traceparent'] as const;

/** Writes where this registry leads; elsewhere has the leader write, gives its answer back, and knows what it has written by then. */
export class Forwarding implements WriteGate {
  readonly #leadership: Leadership;
  readonly #log: SchemaLog;

  constructor(leadership: Leadership, log: SchemaLog) {
    this.#leadership = leadership;
    this.#log = log;
  }

  async pass(call: Call, work: () => Promise<void>): Promise<void> {
    const deadlineMs = performance.now() + unreachableMs;
    let answer: LeaderAnswer | null = null;
    while (answer === null) {
      const leader = await this.#leadership.leader();
      if (leader === null) return work();
      if (call.ctx.req.headers[forwardHeader] !== undefined) {
        throw errors.forwarding('This registry does not lead any more: try again.');
      }
      try {
        answer = await this.#send(leader, call);
      } catch (error) {
        // Nothing has come to it: it has gone, and the group finds another one, or it comes back.
        if (!isRefused(error) || performance.now() > deadlineMs) throw forwardingError(leader, error);
        await this.#leadership.changed(retryMs);
      }
    }
    const { body, contentType, status } = answer;
    if (status < 300) await this.#log.readToEnd();
    if (status === 204) call.ctx.send(204);
    else call.ctx.send(status, body, { 'content-type': contentType });
  }

  async #send(leader: RegistryIdentity, { body, ctx }: Call): Promise<LeaderAnswer> {
    const headers: Record<string, string> = { [forwardHeader]: 'true' };
    for (const name of headersSent) {
      const value = ctx.req.headers[name];
      if (typeof value === 'string') headers[name] = value;
    }
    const answer = await fetch(urlOf(leader) + ctx.req.url, {
      method: ctx.method,
      headers,
      ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    return {
      status: answer.status,
      body: Buffer.from(await answer.arrayBuffer()),
      contentType: answer.headers.get('content-type') ?? 'application/json',
    };
  }
}

interface LeaderAnswer {
  status: number;
  body: Buffer;
  contentType: string;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? (error.cause ?? error) : error;
}

function isRefused(error: unknown): boolean {
  return (causeOf(error) as NodeJS.ErrnoException | null)?.code === 'ECONNREFUSED';
}

function forwardingError(leader: RegistryIdentity, error: unknown): RegistryError {
  const cause = causeOf(error);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return errors.forwarding(`Error while forwarding the request to the leader ${urlOf(leader)}: ${reason}`);
}
