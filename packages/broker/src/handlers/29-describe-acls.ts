import { ApiKey, type DescribeAclsResponseInput, ErrorCode } from '@headwater/protocol';
import { closeIfUnknown } from '../security/acl-check.ts';
import { matchesFilter } from '../security/acl-filter.ts';
import { AclOperation, isAllowedOnCluster } from '../security/authorizer.ts';
import { defineHandler } from './handler.ts';

/*
 * DescribeAcls (29), versions 1-3: https://kafka.apache.org/protocol#The_Messages_DescribeAcls
 *
 * No known differences from Kafka. Version 2 is flexible; 3 adds resources of type USER.
 */
export const describeAcls = defineHandler({
  apiKey: ApiKey.DescribeAcls,
  minVersion: 1,
  maxVersion: 3,
  handle({ authorizer }, body, request) {
    const { resourceTypeFilter, patternTypeFilter, operation, permissionType } = body;
    if (closeIfUnknown(request, [resourceTypeFilter, patternTypeFilter, operation, permissionType])) return undefined;
    if (!isAllowedOnCluster(authorizer, request.connection, AclOperation.DESCRIBE)) {
      return refused(ErrorCode.CLUSTER_AUTHORIZATION_FAILED, 'Cluster authorization failed.');
    }
    const { acls } = authorizer;
    if (acls === null) return refused(ErrorCode.SECURITY_DISABLED, 'No Authorizer is configured on the broker');
    const resources = new Map<string, Resource>();
    for (const acl of acls.index.all()) {
      if (!matchesFilter(acl, body)) continue;
      const { resourceType, resourceName, patternType, principal, host } = acl;
      const key = `${resourceType} ${patternType} ${resourceName}`;
      let resource = resources.get(key);
      if (resource === undefined)
        resources.set(key, (resource = { resourceType, resourceName, patternType, acls: [] }));
      resource.acls.push({ principal, host, operation: acl.operation, permissionType: acl.permissionType });
    }
    return { throttleTimeMs: 0, errorCode: 0, errorMessage: '', resources: [...resources.values()] };
  },
});

type ResourceAnswer = DescribeAclsResponseInput['resources'][number];
type Resource = Omit<ResourceAnswer, 'acls'> & { acls: ResourceAnswer['acls'][number][] };

function refused(errorCode: number, errorMessage: string): DescribeAclsResponseInput {
  return { throttleTimeMs: 0, errorCode, errorMessage, resources: [] };
}
