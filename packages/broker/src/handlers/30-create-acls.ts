import { ApiKey, type CreateAclsRequest, ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import type { Acl } from '../security/acl.ts';
import { checkNewAcl, closeIfUnknown } from '../security/acl-check.ts';
import type { AclStore } from '../security/acl-store.ts';
import { AclOperation, isAllowedOnCluster } from '../security/authorizer.ts';
import { principalText } from '../security/principal.ts';
import { errorOf, Refusal } from '../topics/topic-admin.ts';
import { defineHandler } from './handler.ts';

/*
 * CreateAcls (30), versions 1-3: https://kafka.apache.org/protocol#The_Messages_CreateAcls
 *
 * Differences from Kafka: ANY and MATCH, which only filters have, are refused with INVALID_REQUEST and say so; Kafka says
 * UNKNOWN_SERVER_ERROR. At most headwater.max.acls. A rule that is there already is made again without an error, as in Kafka.
 * Version 2 is flexible; 3 adds resources of type USER.
 */
export const createAcls = defineHandler({
  apiKey: ApiKey.CreateAcls,
  minVersion: 1,
  maxVersion: 3,
  handle(context, { creations }, request) {
    const { authorizer, logger, store } = context;
    const { connection } = request;
    if (closeIfUnknown(request, creations.flatMap(codes))) return undefined;
    const refusal = refusalOfAll(context, isAllowedOnCluster(authorizer, connection, AclOperation.ALTER));
    const { acls } = authorizer;
    if (refusal !== null || acls === null) {
      return { throttleTimeMs: 0, results: creations.map(() => refusal!) };
    }
    const results = creations.map((creation) => {
      const acl = aclOf(creation);
      try {
        add(context, acls, acl);
        logger.info({ principal: principalText(connection.principal), acl }, 'ACL made');
        return { errorCode: 0, errorMessage: '' };
      } catch (error) {
        return errorOf(error);
      }
    });
    return store.flushMetadata().then(() => ({ throttleTimeMs: 0, results }));
  },
});

function refusalOfAll({ authorizer }: BrokerContext, isAllowed: boolean) {
  if (!isAllowed) {
    return { errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED, errorMessage: 'Cluster authorization failed.' };
  }
  if (authorizer.acls !== null) return null;
  return { errorCode: ErrorCode.SECURITY_DISABLED, errorMessage: 'No Authorizer is configured.' };
}

function add({ config }: BrokerContext, acls: AclStore, acl: Acl): void {
  checkNewAcl(acl);
  const maxAcls = config.number('headwater.max.acls');
  if (acls.index.size >= maxAcls && !acls.index.has(acl)) {
    throw new Refusal(ErrorCode.POLICY_VIOLATION, `There are ${maxAcls} ACLs, as many as headwater.max.acls allows.`);
  }
  acls.add(acl);
}

type Creation = CreateAclsRequest['creations'][number];

function codes({ resourceType, resourcePatternType, operation, permissionType }: Creation): number[] {
  return [resourceType, resourcePatternType, operation, permissionType];
}

function aclOf({ resourcePatternType, ...acl }: Creation): Acl {
  return { ...acl, patternType: resourcePatternType };
}
