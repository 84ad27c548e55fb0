import { type Acl, PatternType, wildcard } from './acl.ts';

/** "Any" in every field of a filter that has a number. */
const any = 1;

/** Which rules are meant, in the words of DescribeAcls and DeleteAcls (KIP-290); null stands for any. */
export interface AclFilter {
  readonly resourceTypeFilter: number;
  readonly resourceNameFilter: string | null;
  readonly patternTypeFilter: number;
  readonly principalFilter: string | null;
  readonly hostFilter: string | null;
  readonly operation: number;
  readonly permissionType: number;
}

export function matchesFilter(acl: Acl, filter: AclFilter): boolean {
  const { principalFilter, hostFilter } = filter;
  return (
    isAnyOr(filter.resourceTypeFilter, acl.resourceType) &&
    isAnyOr(filter.operation, acl.operation) &&
    isAnyOr(filter.permissionType, acl.permissionType) &&
    (principalFilter === null || principalFilter === acl.principal) &&
    (hostFilter === null || hostFilter === acl.host) &&
    matchesPattern(acl, filter)
  );
}

function isAnyOr(wanted: number, actual: number): boolean {
  return wanted === any || wanted === actual;
}

/** MATCH finds what is about the name: its literal rules, the wildcard's, and those of its prefixes. The others find patterns as they are. */
function matchesPattern(
  { patternType, resourceName }: Acl,
  { patternTypeFilter, resourceNameFilter: name }: AclFilter,
): boolean {
  if (patternTypeFilter !== PatternType.MATCH) {
    return isAnyOr(patternTypeFilter, patternType) && (name === null || name === resourceName);
  }
  if (name === null || name === resourceName) return true;
  return patternType === PatternType.PREFIXED ? name.startsWith(resourceName) : resourceName === wildcard;
}
