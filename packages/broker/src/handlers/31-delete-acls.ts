import { ApiKey, ErrorCode } from '@headwater/protocol';
import type { Acl } from '../security/acl.ts';
import { checkFilter, closeIfUnknown } from '../security/acl-check.ts';
import { type AclFilter, matchesFilter } from '../security/acl-filter.ts';
import type { AclIndex } from '../security/acl-index.ts';
import { AclOperation, isAllowedOnCluster } from '../security/authorizer.ts';
import { principalText } from '../security/principal.ts';
import { errorOf } from '../topics/topic-admin.ts';
import { defineHandler } from './handler.ts';

/*
 * DeleteAcls (31), versions 1-3: https://kafka.apache.org/protocol#The_Messages_DeleteAcls
 *
 * No known differences from Kafka: each filter tells what it found, also what another one of the request found too. Version 2 is
 * flexible; 3 adds resources of type USER.
 */
export const deleteAcls = defineHandler({
  apiKey: ApiKey.DeleteAcls,
  minVersion: 1,
  maxVersion: 3,
  handle({ authorizer, logger, store }, { filters }, request) {
    const { connection } = request;
    if (closeIfUnknown(request, filters.flatMap(codes))) return undefined;
    if (!isAllowedOnCluster(authorizer, connection, AclOperation.ALTER)) {
      return allRefused(filters, ErrorCode.CLUSTER_AUTHORIZATION_FAILED, 'Cluster authorization failed.');
    }
    const { acls } = authorizer;
    if (acls === null) return allRefused(filters, ErrorCode.SECURITY_DISABLED, 'No Authorizer is configured.');
    const found = filters.map((filter) => find(acls.index, filter));
    try {
      for (const acl of new Set(found.flatMap((one) => one.acls))) {
        acls.delete(acl);
        logger.info({ principal: principalText(connection.principal), acl }, 'ACL removed');
      }
    } catch (error) {
      const { errorCode, errorMessage } = errorOf(error);
      return allRefused(filters, errorCode, errorMessage);
    }
    const filterResults = found.map(({ acls: matching, ...error }) => ({
      ...error,
      matchingAcls: matching.map((acl) => ({ errorCode: 0, errorMessage: '', ...acl })),
    }));
    return store.flushMetadata().then(() => ({ throttleTimeMs: 0, filterResults }));
  },
});

interface Found {
  errorCode: number;
  errorMessage: string | null;
  acls: Acl[];
}

function find(index: AclIndex, filter: AclFilter): Found {
  try {
    checkFilter(filter);
    const acls = [...index.all()].filter((acl) => matchesFilter(acl, filter));
    return { errorCode: 0, errorMessage: null, acls };
  } catch (error) {
    return { ...errorOf(error), acls: [] };
  }
}

function codes({ resourceTypeFilter, patternTypeFilter, operation, permissionType }: AclFilter): number[] {
  return [resourceTypeFilter, patternTypeFilter, operation, permissionType];
}

function allRefused(filters: readonly AclFilter[], errorCode: number, errorMessage: string | null) {
  return { throttleTimeMs: 0, filterResults: filters.map(() => ({ errorCode, errorMessage, matchingAcls: [] })) };
}
