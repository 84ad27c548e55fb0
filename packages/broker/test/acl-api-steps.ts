import { ApiKey, errorInfo } from '@headwater/protocol';
import type { RawClient } from './raw-client.ts';

/** ACL requests and what comes back, in a form that can be compared: with Apache Kafka's answers above all. */
export interface AclAnswers {
  created: unknown[];
  described: unknown[];
  deleted: unknown[];
}

const literal = 3;
const prefixed = 4;
const any = 1;
const match = 2;
const code = (errorCode: number) => errorInfo(errorCode).name;

interface Creation {
  resourceType: number;
  resourceName: string;
  resourcePatternType: number;
  principal: string;
  host: string;
  operation: number;
  permissionType: number;
}

/** `${unique}` begins all names: the other system may have ACLs of others. */
export async function aclApiSteps(client: RawClient, unique: string): Promise<AclAnswers> {
  const creation = (more: Partial<Creation> = {}): Creation => ({
    resourceType: 2,
    resourceName: unique,
    resourcePatternType: literal,
    principal: `User:${unique}`,
    host: '*',
    operation: 3,
    permissionType: 3,
    ...more,
  });
  const filter = (more: object = {}) => ({
    resourceTypeFilter: any,
    resourceNameFilter: null,
    patternTypeFilter: any,
    principalFilter: `User:${unique}`,
    hostFilter: null,
    operation: any,
    permissionType: any,
    ...more,
  });
  const created = [];
  for (const one of [
    creation(),
    creation(),
    creation({ operation: 2, host: '10.0.0.1' }),
    creation({ permissionType: 2, operation: 4 }),
    creation({ resourcePatternType: prefixed, resourceName: unique.slice(0, -1) }),
    creation({ resourceType: 3, resourceName: '*' }),
    creation({ resourceType: 4, resourceName: 'kafka-cluster', operation: 12 }),
    creation({ resourceType: 4, resourceName: 'other' }),
    creation({ resourceType: 5, operation: 4 }),
    creation({ resourceType: 6, operation: 8 }),
    creation({ resourceType: 7, resourceName: 'User:x', operation: 13 }),
    creation({ resourceName: '' }),
    creation({ resourcePatternType: 77 }),
    creation({ resourceType: 77 }),
    creation({ operation: 77 }),
    creation({ operation: 15 }),
    creation({ permissionType: 77 }),
    creation({ principal: 'no-colon' }),
    creation({ principal: '' }),
    creation({ principal: 'Group:x' }),
    creation({ host: '' }),
    creation({ host: 'not a host' }),
    creation({ resourceName: 'with spaces', principal: `User:${unique} ` }),
  ]) {
    const { results } = await client.call(ApiKey.CreateAcls, 3, { creations: [one] });
    created.push(results.map(({ errorCode, errorMessage }) => [code(errorCode), errorMessage]));
  }
  const several = [creation({ operation: 9 }), creation({ resourceName: '' }), creation({ operation: 10 })];
  const both = await client.call(ApiKey.CreateAcls, 3, { creations: several });
  created.push(both.results.map(({ errorCode }) => code(errorCode)));

  const filters = [
    filter(),
    filter({ resourceTypeFilter: 2 }),
    filter({ resourceTypeFilter: 2, resourceNameFilter: unique, patternTypeFilter: literal }),
    filter({ resourceTypeFilter: 2, resourceNameFilter: unique, patternTypeFilter: prefixed }),
    filter({ resourceTypeFilter: 2, resourceNameFilter: unique, patternTypeFilter: match }),
    filter({ resourceTypeFilter: 2, resourceNameFilter: unique, patternTypeFilter: any }),
    filter({ resourceTypeFilter: 3, resourceNameFilter: 'some', patternTypeFilter: match }),
    filter({ resourceTypeFilter: 3, resourceNameFilter: 'some', patternTypeFilter: any }),
    filter({ hostFilter: '10.0.0.1' }),
    filter({ hostFilter: '*' }),
    filter({ operation: 2 }),
    filter({ operation: 3 }),
    filter({ permissionType: 2 }),
    filter({ principalFilter: 'User:nobody' }),
    filter({ resourceTypeFilter: 77 }),
    filter({ patternTypeFilter: 77 }),
    filter({ operation: 77 }),
    filter({ permissionType: 77 }),
  ];
  const described = [];
  for (const one of filters) {
    const { errorCode, errorMessage, resources } = await client.call(ApiKey.DescribeAcls, 3, one);
    const acls = resources.flatMap(({ resourceType, resourceName, patternType, acls: entries }) =>
      entries.map(({ principal, host, operation, permissionType }) =>
        [resourceType, resourceName, patternType, principal, host, operation, permissionType]
          .join(' ')
          .replaceAll(unique.slice(0, -1), 'U'),
      ),
    );
    described.push([code(errorCode), errorMessage, acls.sort()]);
  }

  const deleted = [];
  for (const some of [
    [filter({ operation: 77 })],
    [filter({ resourceTypeFilter: 77 }), filter({ operation: 9 })],
    [filter({ resourceTypeFilter: 2, resourceNameFilter: unique, patternTypeFilter: match, operation: 3 })],
    [filter({ principalFilter: 'User:nobody' })],
    [filter({ permissionType: 2 }), filter({ permissionType: 2 })],
    [filter(), filter({ principalFilter: `User:${unique} ` }), filter({ principalFilter: 'Group:x' })],
  ]) {
    const { filterResults } = await client.call(ApiKey.DeleteAcls, 3, { filters: some });
    deleted.push(
      filterResults.map(({ errorCode, errorMessage, matchingAcls }) => [
        code(errorCode),
        errorMessage,
        matchingAcls
          .map((acl) =>
            [
              code(acl.errorCode),
              acl.errorMessage,
              acl.resourceType,
              acl.resourceName,
              acl.patternType,
              acl.principal,
              acl.host,
              acl.operation,
              acl.permissionType,
            ]
              .join(' ')
              .replaceAll(unique.slice(0, -1), 'U'),
          )
          .sort(),
      ]),
    );
  }
  return { created, described, deleted };
}
