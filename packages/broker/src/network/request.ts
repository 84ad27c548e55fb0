import { type ApiKey, encodeResponse, encodeResponseChunks, type ResponseInputOf } from '@headwater/protocol';
import type { RequestQuota } from '../quotas/request-quota.ts';
import type { Connection } from './connection.ts';

/** What a test does to an answer on purpose. */
export interface AnswerFault {
  /** Changes the body before it is encoded. */
  readonly amend: ((body: Record<string, unknown>) => Record<string, unknown>) | null;
  /** Takes the encoded answer instead of the connection. */
  readonly send: ((request: Request, answer: Buffer[]) => void) | null;
}

/** One request on a connection, and the place of its answer in the order of answers. */
export class Request {
  readonly connection: Connection;
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  readonly receivedAtMs: number;
  readonly sizeBytes: number;
  /** When its bytes came, by the network's clock. */
  readonly arrivedAtMs: number;
  /** When its handler was done with it and it had to wait; -1 when it was answered by then. */
  handledAtMs = -1;
  /** The encoded answer; null as long as there is none. Empty when none is due (Produce with acks=0). */
  answer: Buffer[] | null = null;
  /** Null but in tests. */
  fault: AnswerFault | null = null;
  /** The answer is not whole: the connection ends behind it. */
  isCut = false;
  /** Called when the connection is gone before the answer: whatever waits for this request stops. */
  onAbandoned: (() => void) | null = null;
  /** Called when the system has taken the whole answer, so that its memory may be used again; not when the connection breaks. */
  onSent: (() => void) | null = null;
  /** Measures what the request uses; null where there are no quotas. */
  quota: RequestQuota | null = null;

  constructor(
    connection: Connection,
    apiKey: number,
    apiVersion: number,
    correlationId: number,
    clientId: string | null,
    receivedAtMs: number,
    sizeBytes: number,
  ) {
    this.connection = connection;
    this.apiKey = apiKey;
    this.apiVersion = apiVersion;
    this.correlationId = correlationId;
    this.clientId = clientId;
    this.receivedAtMs = receivedAtMs;
    this.sizeBytes = sizeBytes;
    this.arrivedAtMs = connection.lastActivityMs;
  }

  /** Answers in the request's own version. */
  respond<K extends ApiKey>(apiKey: K, body: ResponseInputOf[K]): void {
    this.respondWith([encodeResponse(apiKey, this.apiVersion, this.correlationId, this.#amended(body))]);
  }

  /** As `respond`, for bodies with records: those are passed to the socket as they are. */
  respondChunks<K extends ApiKey>(apiKey: K, body: ResponseInputOf[K]): void {
    this.respondWith(encodeResponseChunks(apiKey, this.apiVersion, this.correlationId, this.#amended(body)));
  }

  respondWith(answer: Buffer[]): void {
    if (this.answer !== null) return;
    if (this.fault !== null && this.fault.send !== null) {
      this.fault.send(this, answer);
      return;
    }
    this.answer = answer;
    this.onAbandoned = null;
    this.connection.answered(this);
  }

  /** The body with what is told beside what was asked for. */
  #amended<T extends object>(answer: T): T {
    const body = this.quota === null ? answer : this.quota.settle(answer);
    if (this.fault === null || this.fault.amend === null) return body;
    return this.fault.amend(body as Record<string, unknown>) as T;
  }
}
