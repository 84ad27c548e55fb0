import { ApiKey, ErrorCode } from '@headwater/protocol';
import type { AdminOptions } from './admin-topics.ts';
import { brokerError, type ClientError } from './client-error.ts';
import type { Cluster } from './cluster.ts';

/** Kafka's names, by the numbers of its protocol. */
export const ACL_RESOURCE_TYPES = [
  'UNKNOWN',
  'ANY',
  'TOPIC',
  'GROUP',
  'CLUSTER',
  'TRANSACTIONAL_ID',
  'DELEGATION_TOKEN',
  'USER',
] as const;
export const ACL_PATTERN_TYPES = ['UNKNOWN', 'ANY', 'MATCH', 'LITERAL', 'PREFIXED'] as const;
export const ACL_OPERATIONS = [
  'UNKNOWN',
  'ANY',
  'ALL',
  'READ',
  'WRITE',
  'CREATE',
  'DELETE',
  'ALTER',
  'DESCRIBE',
  'CLUSTER_ACTION',
  'DESCRIBE_CONFIGS',
  'ALTER_CONFIGS',
  'IDEMPOTENT_WRITE',
  'CREATE_TOKENS',
  'DESCRIBE_TOKENS',
  'TWO_PHASE_COMMIT',
] as const;
export const ACL_PERMISSIONS = ['UNKNOWN', 'ANY', 'DENY', 'ALLOW'] as const;

export type AclResourceType = (typeof ACL_RESOURCE_TYPES)[number];
export type AclPatternType = (typeof ACL_PATTERN_TYPES)[number];
export type AclOperation = (typeof ACL_OPERATIONS)[number];
export type AclPermission = (typeof ACL_PERMISSIONS)[number];

/** Who may, or may not, do what from where. */
export interface AclBinding {
  resourceType: AclResourceType;
  resourceName: string;
  patternType: AclPatternType;
  /** Such as 'User:ada'; 'User:*' for everybody. */
  principal: string;
  /** An address, or '*'. */
  host: string;
  operation: AclOperation;
  permission: AclPermission;
}

/** Which bindings are meant: null and ANY for all; pattern type MATCH for those that concern the name. */
export interface AclFilter extends Omit<AclBinding, 'resourceName' | 'principal' | 'host'> {
  resourceName: string | null;
  principal: string | null;
  host: string | null;
}

/** The bindings that a filter finds. */
export async function describeAcls(
  cluster: Cluster,
  filter: AclFilter,
  options: AdminOptions = {},
): Promise<AclBinding[]> {
  const answer = await cluster.requestAny(ApiKey.DescribeAcls, filterBody(filter), { signal: options.signal });
  const { errorCode, errorMessage } = answer;
  if (errorCode !== ErrorCode.NONE) throw brokerError(errorCode, 'looking for ACLs', errorMessage);
  return answer.resources.flatMap(({ acls, ...resource }) => acls.map((acl) => binding({ ...resource, ...acl })));
}

/** Makes bindings; an outcome for each, in order: null when it is there now. */
export async function createAcls(
  cluster: Cluster,
  bindings: readonly AclBinding[],
  options: AdminOptions = {},
): Promise<(ClientError | null)[]> {
  const answer = await cluster.requestAny(
    ApiKey.CreateAcls,
    {
      creations: bindings.map((one) => ({
        resourceType: ACL_RESOURCE_TYPES.indexOf(one.resourceType),
        resourceName: one.resourceName,
        resourcePatternType: ACL_PATTERN_TYPES.indexOf(one.patternType),
        principal: one.principal,
        host: one.host,
        operation: ACL_OPERATIONS.indexOf(one.operation),
        permissionType: ACL_PERMISSIONS.indexOf(one.permission),
      })),
    },
    { signal: options.signal },
  );
  return answer.results.map(({ errorCode, errorMessage }) =>
    errorCode === ErrorCode.NONE ? null : brokerError(errorCode, 'creating an ACL', errorMessage),
  );
}

/** Deletes the bindings that a filter finds, and gives them. */
export async function deleteAcls(
  cluster: Cluster,
  filter: AclFilter,
  options: AdminOptions = {},
): Promise<AclBinding[]> {
  const answer = await cluster.requestAny(
    ApiKey.DeleteAcls,
    { filters: [filterBody(filter)] },
    { signal: options.signal },
  );
  const { errorCode, errorMessage, matchingAcls } = answer.filterResults[0]!;
  if (errorCode !== ErrorCode.NONE) throw brokerError(errorCode, 'deleting ACLs', errorMessage);
  return matchingAcls.map((match) => {
    if (match.errorCode !== ErrorCode.NONE) throw brokerError(match.errorCode, 'deleting an ACL', match.errorMessage);
    return binding(match);
  });
}

function filterBody(filter: AclFilter) {
  return {
    resourceTypeFilter: ACL_RESOURCE_TYPES.indexOf(filter.resourceType),
    resourceNameFilter: filter.resourceName,
    patternTypeFilter: ACL_PATTERN_TYPES.indexOf(filter.patternType),
    principalFilter: filter.principal,
    hostFilter: filter.host,
    operation: ACL_OPERATIONS.indexOf(filter.operation),
    permissionType: ACL_PERMISSIONS.indexOf(filter.permission),
  };
}

function binding(found: {
  resourceType: number;
  resourceName: string;
  patternType: number;
  principal: string;
  host: string;
  operation: number;
  permissionType: number;
}): AclBinding {
  return {
    resourceType: ACL_RESOURCE_TYPES[found.resourceType] ?? 'UNKNOWN',
    resourceName: found.resourceName,
    patternType: ACL_PATTERN_TYPES[found.patternType] ?? 'UNKNOWN',
    principal: found.principal,
    host: found.host,
    operation: ACL_OPERATIONS[found.operation] ?? 'UNKNOWN',
    permission: ACL_PERMISSIONS[found.permissionType] ?? 'UNKNOWN',
  };
}
