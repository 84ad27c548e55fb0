/** One line of the audit; never a password, secret or token. */
export interface AuditEvent {
  timestampMs: number;
  event: string;
  user: string | null;
  client: string | null;
  address: string | null;
  outcome: 'success' | 'failure';
  reason: string | null;
  details: Record<string, unknown>;
}

export interface AuditSink {
  /** Never throws, never waits. */
  write(event: AuditEvent): void;
  close(): Promise<void>;
}

const keptEvents = 500;

/** The last lines in memory, for the screen, and all of them to a sink. */
export class AuditLog {
  readonly #sink: AuditSink | undefined;
  readonly #recent: AuditEvent[] = [];

  constructor(sink?: AuditSink) {
    this.#sink = sink;
  }

  record(event: Partial<AuditEvent> & { event: string; outcome: 'success' | 'failure' }): void {
    const line: AuditEvent = {
      timestampMs: Date.now(),
      user: null,
      client: null,
      address: null,
      reason: null,
      details: {},
      ...event,
    };
    this.#recent.push(line);
    if (this.#recent.length > keptEvents) this.#recent.shift();
    this.#sink?.write(line);
  }

  /** Newest first. */
  recent(limit = 100): AuditEvent[] {
    return this.#recent.slice(-limit).reverse();
  }

  async close(): Promise<void> {
    await this.#sink?.close();
  }
}
