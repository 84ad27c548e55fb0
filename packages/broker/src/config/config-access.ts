import { ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { type AclOperation, isAllowedOnCluster, ResourceType, type Subject } from '../security/authorizer.ts';
import { Refusal } from '../topics/topic-admin.ts';

/** Types of resources that have settings, by the numbers of the configuration APIs, which are not those of ACLs. */
const configTopic = 2;
const configGroup = 32;

/** Whether a client may read or change the settings of a resource; those of topics and groups are theirs, all others the cluster's. */
export function configAccessError(
  { authorizer }: BrokerContext,
  subject: Subject,
  operation: AclOperation,
  configType: number,
  name: string,
): { errorCode: number; message: string } | null {
  if (configType === configTopic) {
    if (authorizer.isAllowed(subject, operation, ResourceType.TOPIC, name)) return null;
    return { errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, message: 'Topic authorization failed.' };
  }
  if (configType === configGroup) {
    if (authorizer.isAllowed(subject, operation, ResourceType.GROUP, name)) return null;
    return { errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED, message: 'Group authorization failed.' };
  }
  if (isAllowedOnCluster(authorizer, subject, operation)) return null;
  return { errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED, message: 'Cluster authorization failed.' };
}

/** @throws Refusal where `configAccessError` has one */
export function checkConfigAccess(
  context: BrokerContext,
  subject: Subject,
  operation: AclOperation,
  configType: number,
  name: string,
): void {
  const error = configAccessError(context, subject, operation, configType, name);
  if (error !== null) throw new Refusal(error.errorCode, error.message);
}
