import { ErrorCode } from '@headwater/protocol';
import { BrokerError } from '../broker-error.ts';
import type { Request } from '../network/request.ts';
import { Refusal } from '../topics/topic-admin.ts';
import { type Acl, allOperations, PatternType, PermissionType } from './acl.ts';
import type { AclFilter } from './acl-filter.ts';
import { AclOperation, clusterResource, ResourceType } from './authorizer.ts';

const resourceTypes: ReadonlySet<number> = new Set(Object.values(ResourceType));
const operations: ReadonlySet<number> = new Set([allOperations, ...Object.values(AclOperation)]);
/** ANY and MATCH, which rules cannot have, and filters can. */
const any = 1;
const match = 2;

/**
 * Refuses what cannot be a rule, in Kafka's words.
 *
 * @throws Refusal INVALID_REQUEST
 */
export function checkNewAcl(acl: Acl): void {
  const { resourceType, patternType, resourceName, principal, operation, permissionType } = acl;
  if (resourceType === ResourceType.CLUSTER && resourceName !== clusterResource) {
    throw invalid(`The only valid name for the CLUSTER resource is ${clusterResource}`);
  }
  if (resourceName === '') throw invalid('Invalid empty resource name');
  if (!resourceTypes.has(resourceType)) throw invalid(`Invalid resourceType ${unusable(resourceType)}`);
  if (patternType !== PatternType.LITERAL && patternType !== PatternType.PREFIXED) {
    throw invalid(`Invalid patternType ${patternType === match ? 'MATCH' : unusable(patternType)}`);
  }
  if (!operations.has(operation)) throw invalid(`Invalid operation ${unusable(operation)}`);
  if (permissionType !== PermissionType.ALLOW && permissionType !== PermissionType.DENY) {
    throw invalid(`Invalid permissionType ${unusable(permissionType)}`);
  }
  if (!principal.includes(':')) {
    throw invalid(
      `Could not parse principal from \`${principal}\` (no colon is present separating the principal type from the principal name)`,
    );
  }
}

/** @throws Refusal INVALID_REQUEST for what stands for no rule at all */
export function checkFilter({ resourceTypeFilter, patternTypeFilter, operation, permissionType }: AclFilter): void {
  const isPattern = patternTypeFilter >= any && patternTypeFilter <= PatternType.PREFIXED;
  if (!isPattern || !isAnyOrIn(resourceTypeFilter, resourceTypes)) throw invalid('Unknown patternFilter.');
  const isPermission = permissionType >= any && permissionType <= PermissionType.ALLOW;
  if (!isPermission || !isAnyOrIn(operation, operations)) throw invalid('Unknown entryFilter.');
}

/**
 * Kafka does not answer a request in which one of these is UNKNOWN (0), but ends the connection; so does this.
 *
 * @returns whether it did
 */
export function closeIfUnknown(request: Request, codes: readonly number[]): boolean {
  if (!codes.includes(0)) return false;
  const message = 'A request about ACLs has a type, pattern, operation or permission of 0, which is UNKNOWN.';
  request.connection.destroy(new BrokerError('HW_BROKER_FRAME', message));
  return true;
}

function isAnyOrIn(code: number, known: ReadonlySet<number>): boolean {
  return code === any || known.has(code);
}

function unusable(code: number): string {
  return code === any ? 'ANY' : 'UNKNOWN';
}

function invalid(message: string): Refusal {
  return new Refusal(ErrorCode.INVALID_REQUEST, message);
}
