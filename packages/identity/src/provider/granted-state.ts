import { createHash } from 'node:crypto';
import type { Store } from '../store/store.ts';

/** What oidc-provider keeps of one of its objects. */
export type Payload = Record<string, unknown> & { grantId?: string; accountId?: string; exp?: number };

/** Bearer secrets: the file has their hash, so that who reads it cannot use them. */
const hashedKinds: ReadonlySet<string> = new Set(['RefreshToken', 'AuthorizationCode', 'Session']);
/** A session that nobody logged in to yet: any visitor can make one, so it is in memory only, and there are few. */
const visitorKind = 'VisitorSession';
const grantedKinds = ['RefreshToken', 'AuthorizationCode', 'DeviceCode'] as const;

/** Sessions, grants and tokens in the store, found by what they are revoked by. */
export class GrantedState {
  readonly #store: Store;
  /** By kind and grant: keys of tokens, so that ending one session does not look at the tokens of all. */
  readonly #keysOfGrant = new Map<string, Set<string>>();

  constructor(store: Store) {
    this.#store = store;
    for (const kind of grantedKinds) {
      for (const [key, payload] of store.entries(kind)) this.#remember(kind, key, payload as Payload);
    }
    store.onRemoved = (kind, key, value) => {
      const { grantId } = (value ?? {}) as Payload;
      if (grantId === undefined || !isGranted(kind)) return;
      const keys = this.#keysOfGrant.get(`${kind} ${grantId}`);
      keys?.delete(key);
      if (keys?.size === 0) this.#keysOfGrant.delete(`${kind} ${grantId}`);
    };
  }

  #remember(kind: string, key: string, { grantId }: Payload): void {
    if (grantId === undefined) return;
    const name = `${kind} ${grantId}`;
    const keys = this.#keysOfGrant.get(name);
    if (keys) keys.add(key);
    else this.#keysOfGrant.set(name, new Set([key]));
  }

  put(kind: string, id: string, payload: Payload, expiresInSeconds: number): void {
    const { jti: _, ...kept } = payload;
    const expiresAtMs = Date.now() + expiresInSeconds * 1_000;
    if (kind === 'Session') {
      const key = keyOf(kind, id);
      if (payload.accountId === undefined) {
        const untilMs = Math.min(expiresAtMs, Date.now() + 3_600_000);
        this.#store.put(visitorKind, key, kept, untilMs);
        this.#store.put('VisitorSessionKey', String(payload['uid']), key, untilMs);
        return;
      }
      this.#store.delete(visitorKind, key);
    }
    this.#store.put(kind, keyOf(kind, id), hashedKinds.has(kind) ? kept : payload, expiresAtMs);
    if (isGranted(kind)) this.#remember(kind, keyOf(kind, id), payload);
    if (kind === 'Session') this.#store.put('SessionKey', String(payload['uid']), keyOf(kind, id), expiresAtMs);
    if (kind === 'DeviceCode') this.#store.put('UserCode', String(payload['userCode']), id, expiresAtMs);
    if (kind === 'Grant') this.#store.put('GrantOfSid', sidOf(id), id, expiresAtMs);
  }

  find(kind: string, id: string): Payload | undefined {
    const key = keyOf(kind, id);
    const payload = (this.#store.get(kind, key) ??
      (kind === 'Session' ? this.#store.get(visitorKind, key) : undefined)) as Payload | undefined;
    return payload && { ...payload, jti: id };
  }

  findByUserCode(userCode: string): Payload | undefined {
    const id = this.#store.get('UserCode', userCode);
    return typeof id === 'string' ? this.find('DeviceCode', id) : undefined;
  }

  findSessionByUid(uid: string): Payload | undefined {
    const key = this.#store.get('SessionKey', uid);
    if (typeof key === 'string') return this.#store.get('Session', key) as Payload | undefined;
    const visitor = this.#store.get('VisitorSessionKey', uid);
    return typeof visitor === 'string' ? (this.#store.get(visitorKind, visitor) as Payload | undefined) : undefined;
  }

  consume(kind: string, id: string): void {
    const key = keyOf(kind, id);
    const payload = this.#store.get(kind, key) as Payload | undefined;
    if (!payload) return;
    const consumed = Math.floor(Date.now() / 1_000);
    this.#store.put(kind, key, { ...payload, consumed }, (payload.exp ?? consumed) * 1_000);
  }

  destroy(kind: string, id: string): void {
    this.#store.delete(kind, keyOf(kind, id));
    if (kind === 'Session') this.#store.delete(visitorKind, keyOf(kind, id));
    if (kind === 'Grant') this.#store.delete('GrantOfSid', sidOf(id));
  }

  /** Ends all that a grant gave, and the grant. */
  revokeGrant(grantId: string): void {
    for (const kind of grantedKinds) this.revokeByGrantId(kind, grantId);
    this.destroy('Grant', grantId);
  }

  revokeByGrantId(kind: string, grantId: string): void {
    for (const key of [...(this.#keysOfGrant.get(`${kind} ${grantId}`) ?? [])]) this.#store.delete(kind, key);
  }

  /** Ends the sessions, grants and tokens of a user. Returns how many grants there were. */
  revokeUser(accountId: string): number {
    let grants = 0;
    for (const [id, grant] of this.#store.entries('Grant')) {
      if ((grant as Payload).accountId !== accountId) continue;
      grants++;
      this.revokeGrant(id);
    }
    for (const [key, session] of this.#store.entries('Session')) {
      if ((session as Payload).accountId === accountId) this.#store.delete('Session', key);
    }
    return grants;
  }

  /** Ends a login in a browser, and what its clients were given. */
  revokeSession(uid: string): void {
    const key = this.#store.get('SessionKey', uid);
    const session = typeof key === 'string' ? (this.#store.get('Session', key) as Payload | undefined) : undefined;
    const authorizations = (session?.['authorizations'] ?? {}) as Record<string, { grantId?: string }>;
    for (const { grantId } of Object.values(authorizations)) if (grantId) this.revokeGrant(grantId);
    if (typeof key === 'string') this.#store.delete('Session', key);
    this.#store.delete('SessionKey', uid);
  }

  grantOfSid(sid: string): Payload | undefined {
    const grantId = this.#store.get('GrantOfSid', sid);
    return typeof grantId === 'string' ? this.find('Grant', grantId) : undefined;
  }

  *grants(): IterableIterator<Payload & { jti: string }> {
    for (const [id, grant] of this.#store.entries('Grant')) yield { ...(grant as Payload), jti: id };
  }

  /** An access token that was revoked before its end. */
  revokeAccessToken(jti: string, expiresAtMs: number): void {
    this.#store.put('RevokedToken', jti, 1, expiresAtMs);
  }

  isRevoked(jti: string): boolean {
    return this.#store.get('RevokedToken', jti) !== undefined;
  }
}

/** The session id in tokens: it names a grant and gives no power over it. */
export function sidOf(grantId: string): string {
  return createHash('sha256').update(`sid:${grantId}`).digest('base64url').slice(0, 24);
}

function isGranted(kind: string): boolean {
  return (grantedKinds as readonly string[]).includes(kind);
}

function keyOf(kind: string, id: string): string {
  return hashedKinds.has(kind) ? createHash('sha256').update(id).digest('base64url') : id;
}
