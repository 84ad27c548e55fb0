import type { HttpError } from '@headwater/http';
import type { HeaderList } from '../proxy/header-list.ts';
import type { Call, Caller } from '../stages/call.ts';
import type { Asker } from './access-expression.ts';
import { bearerOf } from './credentials.ts';
import { addIdentityHeaders, removeIdentityHeaders } from './identity-headers.ts';
import { isFromHere } from './loopback.ts';
import { checkSameOrigin } from './same-origin.ts';
import { cookie, readCookie, withoutOwnCookies } from './sessions/cookies.ts';
import type { LiveSession, Sessions } from './sessions/sessions.ts';
import type { StreamLeases } from './stream-leases.ts';
import type { TokenCheck } from './token-check.ts';

export interface AuthenticatorOptions {
  tokens: TokenCheck | undefined;
  /** Absent: nobody can log in with a browser. */
  sessions: Sessions | undefined;
  leases: StreamLeases;
  isDeveloperTaken: boolean;
  identityHeaders: boolean;
  relayToParts: boolean;
  toleranceMs: number;
  isSecure: (call: Call) => boolean;
  isAllowedOrigin: (origin: string) => boolean;
  /** Told of credentials that were refused. */
  onRefused: (call: Call, error: HttpError) => void;
  now: () => number;
}

/** Finds out who calls: by a bearer token, by a session, or because it is the developer's own machine. Wrong credentials are always refused. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #sessions = new WeakMap<Call, LiveSession>();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  askerOf(call: Call): Asker {
    return { caller: call.caller, isDeveloper: call.isDeveloper };
  }

  /** The session that a call came with. */
  sessionOf(call: Call): LiveSession | undefined {
    return this.#sessions.get(call);
  }

  /** Sets `call.caller` and `call.user`. A promise only when something has to be asked. */
  authenticate(call: Call): undefined | Promise<undefined> {
    const { tokens, sessions } = this.#options;
    call.changeHeaders = this.#changeHeaders;
    if (tokens !== undefined) {
      let token: string | undefined;
      try {
        token = bearerOf(call);
      } catch (error) {
        this.#options.onRefused(call, error as HttpError);
        throw error;
      }
      if (token !== undefined) return this.#byToken(call, tokens.check(token));
    }
    if (sessions !== undefined) {
      const id = readCookie(call, 'headwater-session', this.#options.isSecure(call));
      if (id !== undefined) return this.#bySession(call, id, id === '' ? undefined : sessions.find(id));
    }
    this.#anonymous(call);
    return undefined;
  }

  #byToken(call: Call, checked: Caller | Promise<Caller>): undefined | Promise<undefined> {
    if (!(checked instanceof Promise)) return this.#isToken(call, checked);
    return checked.then(
      (caller) => this.#isToken(call, caller),
      (error: HttpError) => {
        this.#options.onRefused(call, error);
        throw error;
      },
    );
  }

  #isToken(call: Call, caller: Caller): undefined {
    this.#is(call, caller);
    const endsAtMs = caller.expiresAtMs + this.#options.toleranceMs;
    const { now } = this.#options;
    this.#options.leases.hold(call, () => now() >= endsAtMs);
  }

  #bySession(
    call: Call,
    id: string,
    found: LiveSession | undefined | Promise<LiveSession | undefined>,
  ): undefined | Promise<undefined> {
    if (found instanceof Promise) return found.then((live) => this.#isSession(call, id, live));
    return this.#isSession(call, id, found);
  }

  /** A cookie is sent by the browser, not by its user: one that is over is taken away, and the caller is nobody. */
  #isSession(call: Call, id: string, live: LiveSession | undefined): undefined {
    if (live === undefined) {
      call.addAnswerHeader('Set-Cookie', cookie('headwater-session', '', this.#options.isSecure(call), 0));
      this.#anonymous(call);
      return;
    }
    checkSameOrigin(call, this.#options.isAllowedOrigin);
    this.#sessions.set(call, live);
    this.#is(call, live.session.caller);
    this.#holdSession(call, id);
  }

  /** A stream lasts as long as the session that it began in: until the logout. */
  #holdSession(call: Call, id: string): void {
    const { store } = this.#options.sessions!;
    let hasEnded = false;
    this.#options.leases.hold(call, () => {
      const found = store.get('session', id);
      if (!(found instanceof Promise)) return found === undefined;
      found.then(
        (session) => {
          hasEnded = session === undefined;
        },
        () => {},
      );
      return hasEnded;
    });
  }

  #is(call: Call, caller: Caller): void {
    call.caller = caller;
    call.user = caller.name;
  }

  #anonymous(call: Call): void {
    if (!this.#options.isDeveloperTaken || !isFromHere(call)) return;
    call.isDeveloper = true;
    call.user = 'developer';
  }

  /** What the upstream gets of the caller's headers: nothing that says who calls but what has been checked. */
  readonly #changeHeaders = (headers: HeaderList, call: Call): void => {
    const { tokens, sessions, identityHeaders, relayToParts } = this.#options;
    if (tokens !== undefined || identityHeaders) removeIdentityHeaders(headers);
    if (sessions !== undefined) {
      // HTTP/2 brings each cookie as a field of its own, and a program may send several.
      const cookies = call.req.headers.cookie;
      if (cookies?.includes('headwater-')) {
        const left = withoutOwnCookies(cookies);
        headers.remove('cookie');
        if (left !== undefined) headers.add('Cookie', left);
      }
    }
    const { caller } = call;
    if (caller === undefined) return;
    if (identityHeaders) addIdentityHeaders(headers, caller);
    if (relayToParts && call.part !== undefined) this.relay(headers, call);
  };

  /** The token of the session, for the upstream. Whoever came with a token has it there already. */
  relay(headers: HeaderList, call: Call): void {
    const live = this.#sessions.get(call);
    if (live !== undefined) headers.set('Authorization', `Bearer ${live.session.accessToken}`);
  }
}
