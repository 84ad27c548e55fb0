import { type AlterClientQuotasRequest, ApiKey, ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { checkedEntity, checkedKey } from '../quotas/quota-check.ts';
import { type EntityPart, entityText, type QuotaEntity } from '../quotas/quota-entity.ts';
import type { QuotaKey } from '../quotas/quota-keys.ts';
import type { QuotaValues } from '../quotas/quota-store.ts';
import { AclOperation, isAllowedOnCluster } from '../security/authorizer.ts';
import { principalText } from '../security/principal.ts';
import { errorOf, Refusal } from '../topics/topic-admin.ts';
import { defineHandler } from './handler.ts';

/*
 * AlterClientQuotas (49), versions 0-1: https://kafka.apache.org/protocol#The_Messages_AlterClientQuotas
 *
 * Differences from Kafka: an ip must be an address, not a host name; at most headwater.max.quota.entities. Version 1 is flexible.
 */
export const alterClientQuotas = defineHandler({
  apiKey: ApiKey.AlterClientQuotas,
  minVersion: 0,
  maxVersion: 1,
  handle(context, body, request) {
    const { connection } = request;
    if (!isAllowedOnCluster(context.authorizer, connection, AclOperation.ALTER_CONFIGS)) {
      const errorCode = ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
      const errorMessage = 'Cluster authorization failed.';
      return { throttleTimeMs: 0, entries: body.entries.map(({ entity }) => ({ errorCode, errorMessage, entity })) };
    }
    const seen = new Set<string>();
    const entries = body.entries.map(({ entity: parts, ops }) => {
      try {
        const entity = checkedEntity(parts);
        const text = entityText(entity);
        if (seen.has(text) || hasDuplicates(ops)) throw duplicate(parts);
        seen.add(text);
        const values = changed(context.quotas.store.get(entity)?.values ?? {}, entity, ops);
        if (!body.validateOnly) {
          checkCount(context, entity);
          context.quotas.store.set(entity, values);
          context.logger.info({ principal: principalText(connection.principal), entity, values }, 'quota changed');
        }
        return { errorCode: 0, errorMessage: null, entity: parts };
      } catch (error) {
        return { ...errorOf(error), entity: parts };
      }
    });
    return context.store.flushMetadata().then(() => ({ throttleTimeMs: 0, entries }));
  },
});

type Op = AlterClientQuotasRequest['entries'][number]['ops'][number];

function changed(current: QuotaValues, entity: QuotaEntity, ops: readonly Op[]): QuotaValues {
  const values = { ...current };
  for (const { key, value, remove } of ops) {
    if (remove) delete values[key as QuotaKey];
    else values[checkedKey(entity, key, value)] = value;
  }
  return values;
}

function hasDuplicates(ops: readonly Op[]): boolean {
  return new Set(ops.map(({ key }) => key)).size < ops.length;
}

function checkCount({ config, quotas }: BrokerContext, entity: QuotaEntity): void {
  const max = config.number('headwater.max.quota.entities');
  if (quotas.store.size < max || quotas.store.get(entity) !== undefined) return;
  const message = `There are quotas for ${max} entities, as many as headwater.max.quota.entities allows.`;
  throw new Refusal(ErrorCode.POLICY_VIOLATION, message);
}

function duplicate(parts: readonly EntityPart[]): Refusal {
  const names = parts.map(({ entityType, entityName }) => `${entityType}=${entityName}`).join(', ');
  const message = `Ignoring duplicate entity ClientQuotaEntity(entries={${names}})`;
  return new Refusal(ErrorCode.INVALID_REQUEST, message);
}
