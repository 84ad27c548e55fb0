import type { AclStore } from './acl-store.ts';
import type { Principal } from './principal.ts';

/** Kafka's ACL operations by their numbers on the wire. */
export const AclOperation = {
  READ: 3,
  WRITE: 4,
  CREATE: 5,
  DELETE: 6,
  ALTER: 7,
  DESCRIBE: 8,
  CLUSTER_ACTION: 9,
  DESCRIBE_CONFIGS: 10,
  ALTER_CONFIGS: 11,
  IDEMPOTENT_WRITE: 12,
  CREATE_TOKENS: 13,
  DESCRIBE_TOKENS: 14,
  TWO_PHASE_COMMIT: 15,
} as const;
export type AclOperation = (typeof AclOperation)[keyof typeof AclOperation];

/** Kinds of things that ACLs are about, by their numbers on the wire. */
export const ResourceType = {
  TOPIC: 2,
  GROUP: 3,
  CLUSTER: 4,
  TRANSACTIONAL_ID: 5,
  DELEGATION_TOKEN: 6,
  USER: 7,
} as const;
export type ResourceType = (typeof ResourceType)[keyof typeof ResourceType];

/** Name of the one resource of type CLUSTER. */
export const clusterResource = 'kafka-cluster';

/** Who asks, and from where. A `Connection` is one. */
export interface Subject {
  readonly principal: Principal;
  readonly remoteAddress: string;
}

/** What was decided since the start. */
export interface AuthorizerStats {
  allowed: number;
  denied: number;
}

/** Decides who may do what. Handlers ask it before they touch, or tell of, a resource. */
export interface Authorizer {
  /** Everybody may do everything: hot paths need not ask. */
  readonly isOpen: boolean;
  /** The rules; null without an authorizer. */
  readonly acls: AclStore | null;
  /** `isAsked` is false where nobody asked for this resource by its name: what is denied then is no attempt, and not logged. */
  isAllowed(subject: Subject, operation: AclOperation, type: ResourceType, name: string, isAsked?: boolean): boolean;
  /** Whether there can be a name of this type for which it is allowed: what idempotent producers must have (KIP-679). */
  isAllowedForSome(subject: Subject, operation: AclOperation, type: ResourceType): boolean;
  stats(): AuthorizerStats;
}

/** A broker without `authorizer.class.name`. */
export const openAuthorizer: Authorizer = {
  isOpen: true,
  acls: null,
  isAllowed: () => true,
  isAllowedForSome: () => true,
  stats: () => ({ allowed: 0, denied: 0 }),
};

export function isAllowedOnCluster(
  authorizer: Authorizer,
  subject: Subject,
  operation: AclOperation,
  isAsked = true,
): boolean {
  return authorizer.isAllowed(subject, operation, ResourceType.CLUSTER, clusterResource, isAsked);
}
