import { type BackOff, exponentialBackOff } from './back-off.ts';
import { SseParser } from './sse-parser.ts';

/** What happened on the one stream that feeds every page. */
export type LiveState =
  /** Nobody wants anything. */
  | { kind: 'idle' }
  | { kind: 'connecting' }
  | { kind: 'open'; sinceMs: number }
  /** The connection was lost or refused; the next attempt is at `retryAtMs`. */
  | { kind: 'waiting'; message: string; lastDataAtMs: number | null; retryAtMs: number; attempt: number }
  /** The page is hidden: the stream is closed until it is seen again. */
  | { kind: 'suspended' };

export type SubState = { kind: 'connecting' } | { kind: 'open' } | { kind: 'error'; status: number; message: string };

export interface LiveHandlers {
  onEvent(name: string, data: string, id: string | undefined): void;
  onState?(state: SubState): void;
  /** The stream starts anew after so long a pause that records in between are not fetched. */
  onGap?(gapMs: number): void;
}

export interface Subscription {
  /** Where to resume from after a reconnect, when the stream says so other than by event ids. */
  setLastId(id: string): void;
  readonly state: SubState;
  close(): void;
}

/** One open HTTP answer: text as it arrives. */
export type OpenStream = (url: string, signal: AbortSignal) => Promise<AsyncIterable<string>>;

export interface LiveClientOptions {
  url: string;
  open: OpenStream;
  backOff?: BackOff;
  now?: () => number;
  setTimer?: (callback: () => void, delayMs: number) => unknown;
  clearTimer?: (timer: unknown) => void;
  /** A stream from which nothing was heard for so long (no data, no heartbeat) is taken as dead. */
  silenceMaxMs?: number;
  /** After a longer interruption a sub-stream starts anew, and its subscriber hears of the gap. */
  resumeMaxMs?: number;
}

interface Sub {
  path: string;
  handlers: Set<LiveHandlers>;
  lastId: string | undefined;
  state: SubState;
}

const streamsMax = 16;

/**
 * Many subscriptions, one connection: `GET /api/live?s=…&s=…` merges their streams. When the set changes (another page) or
 * the connection breaks it is opened anew, and each sub-stream resumes after the last id that was seen.
 */
export class LiveClient {
  private readonly options: Required<LiveClientOptions>;
  private readonly subs = new Map<string, Sub>();
  private readonly stateListeners = new Set<(state: LiveState) => void>();
  private current: LiveState = { kind: 'idle' };
  private connection: AbortController | null = null;
  private reconnectTimer: unknown = null;
  private silenceTimer: unknown = null;
  private lastDataAtMs: number | null = null;
  private attempt = 0;
  private isSuspended = false;
  private isClosed = false;

  constructor(options: LiveClientOptions) {
    this.options = {
      backOff: exponentialBackOff(),
      now: Date.now,
      setTimer: (callback, delayMs) => setTimeout(callback, delayMs),
      clearTimer: (timer) => clearTimeout(timer as number),
      silenceMaxMs: 45_000,
      resumeMaxMs: 60_000,
      ...options,
    };
  }

  get state(): LiveState {
    return this.current;
  }

  onState(listener: (state: LiveState) => void): () => void {
    this.stateListeners.add(listener);
    return () => this.stateListeners.delete(listener);
  }

  subscribe(path: string, handlers: LiveHandlers): Subscription {
    let sub = this.subs.get(path);
    if (!sub) {
      sub = { path, handlers: new Set(), lastId: undefined, state: { kind: 'connecting' } };
      this.subs.set(path, sub);
      this.reconnectSoon();
    }
    const own = sub;
    own.handlers.add(handlers);
    return {
      setLastId: (id) => {
        own.lastId = id;
      },
      get state() {
        return own.state;
      },
      close: () => {
        if (!own.handlers.delete(handlers) || own.handlers.size > 0) return;
        this.subs.delete(path);
        this.reconnectSoon();
      },
    };
  }

  /** The page went out of sight (true) or came back (false). */
  setSuspended(isSuspended: boolean): void {
    if (this.isSuspended === isSuspended || this.isClosed) return;
    this.isSuspended = isSuspended;
    if (isSuspended) {
      this.drop();
      this.setState({ kind: 'suspended' });
    } else {
      this.attempt = 0;
      this.connect();
    }
  }

  /** Does not wait for the back-off. */
  retryNow(): void {
    if (this.current.kind === 'waiting') this.connect();
  }

  close(): void {
    this.isClosed = true;
    this.drop();
    this.subs.clear();
    this.setState({ kind: 'idle' });
  }

  private reconnectSoon(): void {
    if (this.isSuspended || this.isClosed) return;
    // A page that changes closes and opens several subscriptions at once: one reconnect for all of them.
    this.schedule(() => this.connect(), 0);
  }

  private schedule(callback: () => void, delayMs: number): void {
    this.options.clearTimer(this.reconnectTimer);
    this.reconnectTimer = this.options.setTimer(callback, delayMs);
  }

  private drop(): void {
    this.options.clearTimer(this.reconnectTimer);
    this.options.clearTimer(this.silenceTimer);
    this.connection?.abort();
    this.connection = null;
  }

  private connect(): void {
    this.drop();
    if (this.isSuspended || this.isClosed) return;
    const all = [...this.subs.values()];
    if (all.length === 0) {
      this.setState({ kind: 'idle' });
      return;
    }
    const subs = all.slice(0, streamsMax);
    for (const extra of all.slice(streamsMax)) {
      this.setSubState(extra, {
        kind: 'error',
        status: 0,
        message: `A page can watch ${streamsMax} streams at a time.`,
      });
    }
    this.startAnewAfterLongPause(subs);
    const controller = new AbortController();
    this.connection = controller;
    if (this.current.kind !== 'open') this.setState({ kind: 'connecting' });
    this.run(subs, controller).catch((error: unknown) => {
      if (this.connection === controller) this.lost(messageOf(error));
    });
  }

  private startAnewAfterLongPause(subs: Sub[]): void {
    if (this.lastDataAtMs === null) return;
    const gapMs = this.options.now() - this.lastDataAtMs;
    if (gapMs <= this.options.resumeMaxMs) return;
    for (const sub of subs) {
      if (sub.lastId === undefined) continue;
      sub.lastId = undefined;
      for (const handler of sub.handlers) handler.onGap?.(gapMs);
    }
  }

  private async run(subs: Sub[], controller: AbortController): Promise<void> {
    const stream = await this.options.open(liveUrl(this.options.url, subs), controller.signal);
    if (this.connection !== controller) return;
    this.setState({ kind: 'open', sinceMs: this.options.now() });
    this.heard(controller);
    const parser = new SseParser();
    for await (const chunk of stream) {
      if (this.connection !== controller) return;
      this.heard(controller);
      for (const event of parser.feed(chunk)) this.dispatch(subs, event.name, event.data, event.id);
    }
    throw new Error('The gateway closed the stream.');
  }

  private heard(controller: AbortController): void {
    this.lastDataAtMs = this.options.now();
    this.attempt = 0;
    this.options.clearTimer(this.silenceTimer);
    this.silenceTimer = this.options.setTimer(() => {
      if (this.connection !== controller) return;
      controller.abort();
      this.lost('Nothing was heard from the gateway for a while.');
    }, this.options.silenceMaxMs);
  }

  private lost(message: string): void {
    this.drop();
    this.attempt += 1;
    for (const sub of this.subs.values()) this.setSubState(sub, { kind: 'connecting' });
    const delayMs = this.options.backOff.delayMs(this.attempt);
    this.setState({
      kind: 'waiting',
      message,
      lastDataAtMs: this.lastDataAtMs,
      retryAtMs: this.options.now() + delayMs,
      attempt: this.attempt,
    });
    this.schedule(() => this.connect(), delayMs);
  }

  private dispatch(subs: Sub[], name: string, data: string, id: string | undefined): void {
    const [index, eventName] = split(name);
    const sub = subs[index];
    if (!sub || this.subs.get(sub.path) !== sub) return;
    if (eventName === '$error') {
      this.setSubState(sub, readError(data));
      return;
    }
    if (eventName === '$open') {
      this.setSubState(sub, { kind: 'open' });
      return;
    }
    if (sub.state.kind !== 'open') this.setSubState(sub, { kind: 'open' });
    const ownId = id === undefined ? undefined : split(id)[1];
    if (ownId) sub.lastId = ownId;
    for (const handler of sub.handlers) handler.onEvent(eventName, data, ownId);
  }

  private setSubState(sub: Sub, state: SubState): void {
    sub.state = state;
    for (const handler of sub.handlers) handler.onState?.(state);
  }

  private setState(state: LiveState): void {
    if (state.kind === this.current.kind && state.kind !== 'waiting') return;
    this.current = state;
    for (const listener of this.stateListeners) listener(state);
  }
}

function liveUrl(url: string, subs: Sub[]): string {
  const query = new URLSearchParams();
  for (const sub of subs) query.append('s', sub.path);
  subs.forEach((sub, index) => {
    if (sub.lastId !== undefined) query.append('last', `${index}:${sub.lastId}`);
  });
  return `${url}?${query}`;
}

/** `3:record` → `[3, 'record']`. */
function split(text: string): [number, string] {
  const colon = text.indexOf(':');
  if (colon === -1) return [-1, text];
  return [Number(text.slice(0, colon)), text.slice(colon + 1)];
}

function readError(data: string): SubState {
  try {
    const { status, message } = JSON.parse(data) as { status?: number; message?: string };
    return { kind: 'error', status: Number(status ?? 0), message: String(message ?? 'The stream failed.') };
  } catch {
    return { kind: 'error', status: 0, message: data };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
