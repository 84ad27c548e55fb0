import { randomBytes } from 'node:crypto';
import { HttpError } from '@headwater/http';
import type { Logger } from '@headwater/logger';
import type { OidcClient, TokenSet } from '../login/oidc-client.ts';
import type { PendingLogin, Session } from './session.ts';
import type { StateStore } from './state-store.ts';

export interface SessionsOptions {
  store: StateStore;
  client: () => Promise<OidcClient>;
  idleMs: number;
  maxMs: number;
  logger: Logger;
  now: () => number;
}

/** A session as a request has it. */
export interface LiveSession {
  readonly id: string;
  readonly session: Session;
}

/** An access token that ends so soon is renewed first: it must last for the request that it goes with. */
const renewBeforeMs = 30_000;
/** How often the time of the last request is written down. */
const seenEveryMs = 30_000;
const loginMs = 600_000;

/** Sessions by what the browser's cookie says: found, kept alive, their tokens renewed, ended. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #renewals = new Map<string, Promise<Session | undefined>>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  get store(): StateStore {
    return this.#options.store;
  }

  async beginLogin(login: PendingLogin): Promise<string> {
    const id = newId();
    await this.#options.store.set('login', id, login, loginMs);
    return id;
  }

  /** Undefined when it is not known, or was used before. */
  async endLogin(id: string): Promise<PendingLogin | undefined> {
    return await this.#options.store.take<PendingLogin>('login', id);
  }

  /** Begins a session with an id of its own: one that was known before the login, and perhaps to others, opens nothing. */
  async begin(session: Session): Promise<string> {
    const id = newId();
    const { store, maxMs } = this.#options;
    await store.set('session', id, session, this.#ttlMs(session));
    await store.index(`sub:${session.caller.subject}`, id, maxMs);
    if (session.providerSessionId !== undefined) await store.index(`sid:${session.providerSessionId}`, id, maxMs);
    return id;
  }

  /** The session with tokens that last; undefined when it is over. No promise when it is in memory and nothing is to be done. */
  find(id: string): LiveSession | undefined | Promise<LiveSession | undefined> {
    const found = this.#options.store.get<Session>('session', id);
    if (found instanceof Promise) return found.then((session) => this.#use(id, session));
    return this.#use(id, found);
  }

  async end(id: string): Promise<Session | undefined> {
    return await this.#options.store.take<Session>('session', id);
  }

  /** Ends what the provider says is over, by its session or by its user; gives the number. */
  async endByProvider(notice: { sessionId: string | undefined; subject: string | undefined }): Promise<number> {
    const name = notice.sessionId !== undefined ? `sid:${notice.sessionId}` : `sub:${notice.subject}`;
    return await this.#options.store.deleteIndexed(name);
  }

  #use(id: string, session: Session | undefined): LiveSession | undefined | Promise<LiveSession | undefined> {
    if (session === undefined) return undefined;
    const now = this.#options.now();
    if (now - session.createdAtMs >= this.#options.maxMs || now - session.seenAtMs >= this.#options.idleMs)
      return this.end(id).then(() => undefined);
    if (session.accessEndsAtMs - now < renewBeforeMs && session.refreshToken !== undefined)
      return this.#renewed(id, session);
    if (session.accessEndsAtMs <= now) return this.end(id).then(() => undefined);
    if (now - session.seenAtMs < seenEveryMs) return { id, session };
    const seen = { ...session, seenAtMs: now };
    const written = this.#options.store.set('session', id, seen, this.#ttlMs(seen));
    return written === undefined ? { id, session: seen } : written.then(() => ({ id, session: seen }));
  }

  async #renewed(id: string, session: Session): Promise<LiveSession | undefined> {
    let renewal = this.#renewals.get(id);
    if (renewal === undefined) {
      renewal = this.#renew(id, session).finally(() => this.#renewals.delete(id));
      this.#renewals.set(id, renewal);
    }
    const fresh = await renewal;
    return fresh === undefined ? undefined : { id, session: fresh };
  }

  /** One renewal at a time over all gateways: providers take a refresh token that comes twice for stolen. */
  async #renew(id: string, session: Session): Promise<Session | undefined> {
    const { store, client, logger, now } = this.#options;
    const done = await store.exclusive(id, async () => {
      const current = await store.get<Session>('session', id);
      if (current === undefined) return { session: undefined };
      if (current.accessEndsAtMs !== session.accessEndsAtMs) return { session: current };
      let tokens: TokenSet;
      try {
        tokens = await (await client()).refresh(current.refreshToken!);
      } catch (error) {
        if (error instanceof HttpError && error.status === 503) {
          // The provider is away: the token that is held is good until its end.
          if (current.accessEndsAtMs > now()) return { session: current };
          throw error;
        }
        if (!(error instanceof HttpError)) throw error;
        logger.info({ user: current.caller.name, error: (error as Error).message }, 'a session ended: not renewed');
        await store.delete('session', id);
        return { session: undefined };
      }
      const fresh: Session = {
        ...current,
        caller: tokens.caller,
        accessToken: tokens.accessToken,
        refreshToken: tokens.refreshToken ?? current.refreshToken,
        idToken: tokens.idToken ?? current.idToken,
        accessEndsAtMs: tokens.accessEndsAtMs,
        seenAtMs: now(),
      };
      await store.set('session', id, fresh, this.#ttlMs(fresh));
      return { session: fresh };
    });
    if (done !== undefined) return done.session;
    // Another gateway renews it now.
    const deadlineMs = performance.now() + 5_000;
    while (performance.now() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const current = await store.get<Session>('session', id);
      if (current === undefined || current.accessEndsAtMs !== session.accessEndsAtMs) return current;
    }
    return session.accessEndsAtMs > now() ? session : undefined;
  }

  #ttlMs(session: Session): number {
    const { idleMs, maxMs, now } = this.#options;
    return Math.min(idleMs, session.createdAtMs + maxMs - now());
  }
}

/** 256 random bits, as 43 characters. */
export function newId(): string {
  return randomBytes(32).toString('base64url');
}
