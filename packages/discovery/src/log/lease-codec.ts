import type { ChangeKind } from '../registry/change.ts';
import { type ActionType, type Instance, isStatus } from '../registry/instance.ts';
import { keyOf, type Lease, type Override } from '../registry/lease.ts';

/** Who wrote a record of the log, and why. `sequence` counts the records of one server. */
export interface Origin {
  server: string;
  sequence: number;
  kind: ChangeKind;
  reason: string;
  address: string | null;
  atMs: number;
}

/** What a record of the log says. */
export type Entry =
  | { type: 'lease'; key: string; origin: Origin; lease: Lease }
  | { type: 'removed'; key: string; origin: Origin | null };

const originHeader = 'origin';

export interface EncodedEntry {
  key: string;
  value: string | null;
  headers: { key: string; value: string }[];
}

/** The whole state of an instance: the topic is compacted, so the last record of a key is all there is. */
export function encodeLease(lease: Lease, origin: Origin): EncodedEntry {
  const { app, id, status, override, actionType, holder } = lease;
  const { registrationTimestamp, lastRenewalTimestamp, serviceUpTimestamp, lastUpdatedTimestamp } = lease;
  const times = { registrationTimestamp, lastRenewalTimestamp, serviceUpTimestamp, lastUpdatedTimestamp };
  const { metadata, dataCenter, ...rest } = lease.instance;
  const instance = {
    ...rest,
    metadata: [...metadata],
    dataCenter: { name: dataCenter.name, ...(dataCenter.metadata && { metadata: [...dataCenter.metadata] }) },
  };
  const value = JSON.stringify({ v: 1, app, id, status, override, actionType, holder, ...times, instance });
  return { key: lease.key, value, headers: headersOf(origin) };
}

export function encodeRemoval(key: string, origin: Origin): EncodedEntry {
  return { key, value: null, headers: headersOf(origin) };
}

/** Undefined for what is not of this version. @throws SyntaxError or TypeError for what is no record of ours */
export function decodeEntry(
  key: string,
  value: string | null,
  headers: readonly { key: unknown; value: unknown }[],
): Entry | undefined {
  const header = headers.find((one) => String(one.key) === originHeader);
  const origin = header === undefined ? null : (JSON.parse(String(header.value)) as Origin);
  if (value === null) return { type: 'removed', key, origin };
  const { v, instance: written, ...state } = JSON.parse(value) as Written;
  if (v !== 1 || origin === null || !isStatus(state.status)) return undefined;
  const { metadata, dataCenter, ...rest } = written;
  const instance: Instance = {
    ...rest,
    metadata: new Map(metadata),
    dataCenter: {
      name: dataCenter.name,
      ...(dataCenter.metadata !== undefined && { metadata: new Map(dataCenter.metadata) }),
    },
  };
  const lease: Lease = {
    ...state,
    key: keyOf(state.app, state.id),
    instance,
    evictionTimestamp: 0,
    expiresAtMs: 0,
    graceUntilMs: 0,
    graceReason: '',
    silentSinceMs: 0,
  };
  return lease.key === key ? { type: 'lease', key, origin, lease } : undefined;
}

type WrittenMap = [string, string][];

interface Written {
  v: number;
  app: string;
  id: string;
  status: Lease['status'];
  override: Override | null;
  actionType: ActionType;
  holder: string;
  registrationTimestamp: number;
  lastRenewalTimestamp: number;
  serviceUpTimestamp: number;
  lastUpdatedTimestamp: number;
  instance: Omit<Instance, 'metadata' | 'dataCenter'> & {
    metadata: WrittenMap;
    dataCenter: { name: string; metadata?: WrittenMap };
  };
}

function headersOf(origin: Origin): { key: string; value: string }[] {
  return [{ key: originHeader, value: JSON.stringify(origin) }];
}
