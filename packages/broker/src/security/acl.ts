/** How a rule's resource name is read, by Kafka's numbers on the wire. */
export const PatternType = { ANY: 1, MATCH: 2, LITERAL: 3, PREFIXED: 4 } as const;

export const PermissionType = { ANY: 1, DENY: 2, ALLOW: 3 } as const;

/** The operation of a rule that is about all of them. */
export const allOperations = 2;

/** Stands for any name, host or (as `User:*`) principal in a rule. */
export const wildcard = '*';

/** One rule: who, from where, may or may not do what, with which things. All of it is its identity. */
export interface Acl {
  readonly resourceType: number;
  readonly patternType: number;
  readonly resourceName: string;
  /** `User:alice` */
  readonly principal: string;
  /** An address, or the wildcard. */
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

/** The same for equal rules only, and `parseAcl` reads it. */
export function aclText(acl: Acl): string {
  const { resourceType, patternType, resourceName, principal, host, operation, permissionType } = acl;
  return JSON.stringify([resourceType, patternType, resourceName, principal, host, operation, permissionType]);
}

export function parseAcl(text: string): Acl {
  const parts = JSON.parse(text) as [number, number, string, string, string, number, number];
  const [resourceType, patternType, resourceName, principal, host, operation, permissionType] = parts;
  return { resourceType, patternType, resourceName, principal, host, operation, permissionType };
}
