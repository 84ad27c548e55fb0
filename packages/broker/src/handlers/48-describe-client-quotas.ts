import { ApiKey, type DescribeClientQuotasRequest, ErrorCode } from '@headwater/protocol';
import { entityParts, type QuotaEntity, type QuotaEntityType, quotaEntityTypes } from '../quotas/quota-entity.ts';
import { AclOperation, isAllowedOnCluster } from '../security/authorizer.ts';
import { errorOf, Refusal } from '../topics/topic-admin.ts';
import { defineHandler } from './handler.ts';

/*
 * DescribeClientQuotas (48), versions 0-1: https://kafka.apache.org/protocol#The_Messages_DescribeClientQuotas
 *
 * No known differences from Kafka. Version 1 is flexible.
 */
export const describeClientQuotas = defineHandler({
  apiKey: ApiKey.DescribeClientQuotas,
  minVersion: 0,
  maxVersion: 1,
  handle({ authorizer, quotas }, { components, strict }, request) {
    if (!isAllowedOnCluster(authorizer, request.connection, AclOperation.DESCRIBE_CONFIGS)) {
      return refused(ErrorCode.CLUSTER_AUTHORIZATION_FAILED, 'Cluster authorization failed.');
    }
    try {
      const filter = parseFilter(components);
      const entries = [];
      for (const { entity, values } of quotas.store.all()) {
        if (!matches(entity, filter, strict)) continue;
        entries.push({
          entity: entityParts(entity),
          values: Object.entries(values).map(([key, value]) => ({ key, value })),
        });
      }
      return { throttleTimeMs: 0, errorCode: 0, errorMessage: '', entries };
    } catch (error) {
      const { errorCode, errorMessage } = errorOf(error);
      return refused(errorCode, errorMessage);
    }
  },
});

/** A name, null for the default, or undefined for any that is there. */
type Filter = ReadonlyMap<QuotaEntityType, string | null | undefined>;

const matchExact = 0;
const matchDefault = 1;
const matchSpecified = 2;

function parseFilter(components: DescribeClientQuotasRequest['components']): Filter {
  const filter = new Map<QuotaEntityType, string | null | undefined>();
  for (const { entityType, matchType, match } of components) {
    if (entityType === '') throw invalid('Invalid empty entity type.');
    const type = quotaEntityTypes.find((known) => known === entityType);
    if (type === undefined) {
      throw new Refusal(ErrorCode.UNSUPPORTED_VERSION, `Unsupported entity type ${entityType}`);
    }
    if (filter.has(type)) throw invalid(`Entity type ${type} cannot appear more than once in the filter.`);
    filter.set(type, matchOf(matchType, match));
  }
  if (filter.has('ip') && filter.size > 1) {
    throw invalid(
      'Invalid entity filter component combination. IP filter component should not be used with user or clientId filter component.',
    );
  }
  return filter;
}

function matchOf(matchType: number, match: string | null): string | null | undefined {
  if (matchType === matchExact) {
    if (match !== null) return match;
    throw invalid('Request specified MATCH_TYPE_EXACT, but set match string to null.');
  }
  if (matchType !== matchDefault && matchType !== matchSpecified) throw invalid(`Unknown match type ${matchType}`);
  const isDefault = matchType === matchDefault;
  if (match === null) return isDefault ? null : undefined;
  const name = isDefault ? 'MATCH_TYPE_DEFAULT' : 'MATCH_TYPE_SPECIFIED';
  throw invalid(`Request specified ${name}, but also specified a match string.`);
}

function matches(entity: QuotaEntity, filter: Filter, strict: boolean): boolean {
  if (strict && Object.keys(entity).length !== filter.size) return false;
  for (const [type, wanted] of filter) {
    const name = entity[type];
    if (name === undefined || (wanted !== undefined && wanted !== name)) return false;
  }
  return true;
}

function invalid(message: string): Refusal {
  return new Refusal(ErrorCode.INVALID_REQUEST, message);
}

function refused(errorCode: number, errorMessage: string | null) {
  return { throttleTimeMs: 0, errorCode, errorMessage, entries: null };
}
