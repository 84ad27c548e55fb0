import { parseJson } from '@headwater/serdes';
import { objectOf, plainJson } from '../json.ts';

/** A registry as the others of its group know it: in the very JSON that Confluent's registries tell each other. */
export interface RegistryIdentity {
  scheme: string;
  host: string;
  port: number;
  /** Whether it may lead. */
  isEligible: boolean;
  /** Whether it leads now: who leads goes on leading. */
  isLeader: boolean;
}

/** What all members of a group are told. */
export interface Assignment {
  error: number;
  /** The group member that leads. */
  leaderMemberId: string | null;
  leader: RegistryIdentity | null;
}

export const assignmentErrors = { none: 0, sameUrl: 1 } as const;

export function urlOf({ host, port, scheme }: RegistryIdentity): string {
  return `${scheme}://${host}:${port}`;
}

export function encodeIdentity(identity: RegistryIdentity): Buffer {
  return Buffer.from(JSON.stringify(identityJson(identity)));
}

/** @throws Error for what is no identity */
export function decodeIdentity(bytes: Uint8Array): RegistryIdentity {
  return readIdentity(objectOf(plainJson(parseJson(Buffer.from(bytes).toString()))));
}

export function encodeAssignment({ error, leader, leaderMemberId }: Assignment): Buffer {
  const json = {
    version: 1,
    error,
    ...(leaderMemberId === null ? {} : { master: leaderMemberId }),
    ...(leader === null ? {} : { master_identity: identityJson(leader) }),
  };
  return Buffer.from(JSON.stringify(json));
}

/** @throws Error for what is no assignment */
export function decodeAssignment(bytes: Uint8Array): Assignment {
  const json = objectOf(plainJson(parseJson(Buffer.from(bytes).toString())));
  const { master, master_identity: identity = null } = json;
  return {
    error: Number(json['error'] ?? 0),
    leaderMemberId: typeof master === 'string' ? master : null,
    leader: identity === null ? null : readIdentity(objectOf(identity)),
  };
}

function identityJson({ host, isEligible, isLeader, port, scheme }: RegistryIdentity): object {
  return { version: 1, host, port, master_eligibility: isEligible, scheme, leader: isLeader };
}

function readIdentity(json: Record<string, unknown>): RegistryIdentity {
  const { host, leader, master_eligibility: isEligible, port, scheme = 'http' } = json;
  if (typeof host !== 'string' || typeof port !== 'number') throw new Error('a registry has no host or no port');
  return { scheme: String(scheme), host, port, isEligible: isEligible === true, isLeader: leader === true };
}
