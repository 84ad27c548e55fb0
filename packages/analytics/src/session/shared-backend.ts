import type { Engine } from '../engine/engine.ts';
import { type BackendListener, BackendSession } from './backend-session.ts';
import type { ClientSession } from './client-session.ts';
import type { DatabaseFigures } from './database-limits.ts';
import { listenSql } from './notifications.ts';
import { enterSession } from './session-entry.ts';

export interface SharedBackendOptions {
  readonly open: () => Promise<Engine>;
  readonly figures: DatabaseFigures;
  readonly listener: BackendListener;
  /** That clients listen to: a PostgreSQL that was just started is told of them. */
  readonly channels: () => ReadonlySet<string>;
  /** PostgreSQL ended by itself, and is there no more. */
  readonly onEnded: (error: Error) => void;
}

/** The one PostgreSQL of a database, started when it is needed, and whose its session is: that client's settings, user and statements are in it. */
export class SharedBackend {
  readonly #options: SharedBackendOptions;
  readonly #roles = new Set<string>(['postgres']);
  #backend: BackendSession | null = null;
  #inside: ClientSession | null = null;

  constructor(options: SharedBackendOptions) {
    this.#options = options;
  }

  /** Null: PostgreSQL does not run. */
  get running(): BackendSession | null {
    return this.#backend;
  }

  /** Starts PostgreSQL if it does not run, and makes its session the client's. */
  async enter(session: ClientSession): Promise<BackendSession> {
    const backend = await this.#started();
    if (this.#inside === session) return backend;
    this.#options.figures.switches++;
    this.unload();
    await enterSession(backend, session, this.#roles);
    this.#inside = session;
    return backend;
  }

  /** The session is nobody's, as it is no more what its client left. */
  forget(): void {
    this.#inside = null;
  }

  /** The same, and the client's statements are in it no more. */
  unload(): void {
    this.#inside?.statements.unload();
    this.#inside = null;
  }

  /** A query of the store's own as the superuser; no rows when PostgreSQL ended meanwhile. */
  async ask(sql: string): Promise<(string | null)[][]> {
    try {
      return (await this.#backend?.internal(sql))?.rows ?? [];
    } catch {
      return [];
    }
  }

  /** Ends PostgreSQL at once, whatever it does. */
  async kill(): Promise<void> {
    const backend = this.#backend;
    this.#backend = null;
    this.#inside = null;
    await backend?.engine.kill();
  }

  /** Ends PostgreSQL; may be called twice, and it may be started again. */
  async close(): Promise<void> {
    const backend = this.#backend;
    this.#backend = null;
    this.unload();
    await backend?.engine.close();
  }

  async #started(): Promise<BackendSession> {
    if (this.#backend !== null) return this.#backend;
    const { channels, figures, listener, open } = this.#options;
    const engine = await open();
    figures.starts++;
    const session = new BackendSession(engine);
    session.listener = listener;
    engine.onEnd = (error) => this.#ended(error);
    this.#inside = null;
    this.#backend = session;
    const heard = channels();
    if (heard.size > 0) await session.internal(listenSql(heard));
    return session;
  }

  #ended(error: Error): void {
    const backend = this.#backend;
    this.#backend = null;
    this.unload();
    backend?.fail(error);
    this.#options.onEnded(error);
  }
}
