/** What identity keeps: JSON values by kind and id. Reads are of memory; a write is on its way to the disk when the call returns. */
export interface Store {
  get(kind: string, id: string): unknown;
  /** Keeps a value, until `expiresAtMs` where that is given. */
  put(kind: string, id: string, value: unknown, expiresAtMs?: number): void;
  delete(kind: string, id: string): void;
  entries(kind: string): IterableIterator<[id: string, value: unknown]>;
  count(kind: string): number;
  /** Told of what is removed, over, or given way; not of what is replaced. */
  onRemoved: ((kind: string, id: string, value: unknown) => void) | undefined;
  /** All that was written is with the operating system's disk; for what must survive a power cut too. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface StoreEntry {
  value: unknown;
  /** 0: it does not expire. */
  expiresAtMs: number;
}

/** What is dropped at a restart: a login page half filled in, a code of a minute's life, the memory of used proofs. */
export const volatileKinds: ReadonlySet<string> = new Set([
  'Interaction',
  'VisitorSession',
  'VisitorSessionKey',
  'AuthorizationCode',
  'ReplayDetection',
]);

/** Most entries of a kind: strangers can make interactions and device codes, so the oldest give way. */
export const maxEntries: Readonly<Record<string, number>> = {
  Interaction: 20_000,
  VisitorSession: 20_000,
  VisitorSessionKey: 20_000,
  DeviceCode: 20_000,
  UserCode: 20_000,
  ReplayDetection: 100_000,
  AuthorizationCode: 20_000,
  Session: 200_000,
  SessionKey: 200_000,
  Grant: 200_000,
  GrantOfSid: 200_000,
  RefreshToken: 400_000,
  RevokedToken: 200_000,
  CheckedPassword: 200_000,
};
