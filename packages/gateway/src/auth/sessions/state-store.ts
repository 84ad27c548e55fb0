/** Where logins and sessions are kept: in this gateway's memory, or in Redis for all of them. Keys are hashes of what browsers hold. */
export interface StateStore {
  get<T>(kind: Kind, id: string): T | undefined | Promise<T | undefined>;
  set(kind: Kind, id: string, value: object, ttlMs: number): void | Promise<void>;
  /** Gives it and takes it away, in one step. */
  take<T>(kind: Kind, id: string): T | undefined | Promise<T | undefined>;
  delete(kind: Kind, id: string): void | Promise<void>;
  /** Lists a session under a name, such as the provider's session. */
  index(name: string, id: string, ttlMs: number): void | Promise<void>;
  /** Ends the sessions listed under a name; gives their number. */
  deleteIndexed(name: string): number | Promise<number>;
  /** Runs one at a time for an id, over all gateways; undefined when another does it now. */
  exclusive<T>(id: string, work: () => Promise<T>): Promise<T | undefined>;
  /** Sessions held here; undefined where that is not known. */
  readonly size: number | undefined;
}

export type Kind = 'session' | 'login';
