import type { BrokerContext } from '../context.ts';
import { AclOperation, clusterResource, ResourceType, type Subject } from '../security/authorizer.ts';

/** What a field holds that was not asked for. */
export const operationsNotRequested = -2_147_483_648;

/** The operations that there are for a type of resource. */
const operationsOf = {
  [ResourceType.TOPIC]: [
    AclOperation.READ,
    AclOperation.WRITE,
    AclOperation.CREATE,
    AclOperation.DELETE,
    AclOperation.ALTER,
    AclOperation.DESCRIBE,
    AclOperation.DESCRIBE_CONFIGS,
    AclOperation.ALTER_CONFIGS,
  ],
  [ResourceType.GROUP]: [
    AclOperation.READ,
    AclOperation.DELETE,
    AclOperation.DESCRIBE,
    AclOperation.DESCRIBE_CONFIGS,
    AclOperation.ALTER_CONFIGS,
  ],
  [ResourceType.CLUSTER]: [
    AclOperation.CREATE,
    AclOperation.ALTER,
    AclOperation.DESCRIBE,
    AclOperation.CLUSTER_ACTION,
    AclOperation.DESCRIBE_CONFIGS,
    AclOperation.ALTER_CONFIGS,
    AclOperation.IDEMPOTENT_WRITE,
  ],
} as const;

/** What a client may do with a resource, as the bit set (KIP-430) that Metadata, DescribeCluster and descriptions of groups give on request. */
export function authorizedOperations(
  { authorizer }: BrokerContext,
  subject: Subject,
  type: keyof typeof operationsOf,
  name: string,
): number {
  let bits = 0;
  for (const operation of operationsOf[type]) {
    if (authorizer.isAllowed(subject, operation, type, name, false)) bits |= 1 << operation;
  }
  return bits;
}

/** As `authorizedOperations` for the cluster; nothing for whoever may not describe it. */
export function clusterAuthorizedOperations(context: BrokerContext, subject: Subject): number {
  const mayDescribe = context.authorizer.isAllowed(
    subject,
    AclOperation.DESCRIBE,
    ResourceType.CLUSTER,
    clusterResource,
  );
  return mayDescribe ? authorizedOperations(context, subject, ResourceType.CLUSTER, clusterResource) : 0;
}
