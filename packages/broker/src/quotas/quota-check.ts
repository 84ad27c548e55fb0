import { isIP } from 'node:net';
import { ErrorCode } from '@headwater/protocol';
import { canonicalHost } from '../security/canonical-host.ts';
import { Refusal } from '../topics/topic-admin.ts';
import { type EntityPart, type QuotaEntity, type QuotaEntityType, quotaEntityTypes } from './quota-entity.ts';
import { type QuotaKey, quotaKeys } from './quota-keys.ts';

const intMax = 2_147_483_647;
const longMax = 2 ** 63;

/**
 * The entity that these parts are; refusals in Kafka's words.
 *
 * @throws Refusal INVALID_REQUEST
 */
export function checkedEntity(parts: readonly EntityPart[]): QuotaEntity {
  if (parts.length === 0) throw invalid('Invalid empty client quota entity');
  const entity: Partial<Record<QuotaEntityType, string | null>> = {};
  for (const { entityType, entityName } of parts) {
    const type = quotaEntityTypes.find((known) => known === entityType);
    if (type === undefined) throw invalid(`Unhandled client quota entity type: ${entityType}`);
    if (entity[type] !== undefined) {
      throw invalid(`Invalid client quota entity, duplicate entity entry ${entityType}`);
    }
    if (entityName === '') throw invalid(`Empty ${entityType} not supported`);
    entity[type] = entityName;
  }
  const { ip } = entity;
  if (ip === undefined) return entity;
  if (parts.length > 1) {
    throw invalid('Invalid quota entity combination, IP entity should not be combined with User or ClientId');
  }
  if (ip === null) return entity;
  if (isIP(ip) === 0) throw invalid(`${ip} is not a valid IP.`);
  return { ip: canonicalHost(ip) };
}

/**
 * Refuses a value that this entity cannot have.
 *
 * @throws Refusal INVALID_REQUEST
 */
export function checkedKey(entity: QuotaEntity, key: string, value: number): QuotaKey {
  const definition = Object.hasOwn(quotaKeys, key) ? quotaKeys[key as QuotaKey] : undefined;
  if (definition?.of !== (entity.ip === undefined ? 'client' : 'ip')) {
    throw invalid(`Invalid configuration key ${key}`);
  }
  if (!(value > 0)) throw invalid(`Quota ${key} must be greater than 0`);
  if (definition.type === 'DOUBLE') return key as QuotaKey;
  const max = definition.type === 'INT' ? intMax : longMax;
  if (value > max)
    throw invalid(`Proposed value for ${key} is too large for ${definition.type === 'INT' ? 'an INT' : 'a LONG'}.`);
  if (value % 1 > 1e-6) throw invalid(`${key} cannot be a fractional value.`);
  return key as QuotaKey;
}

function invalid(message: string): Refusal {
  return new Refusal(ErrorCode.INVALID_REQUEST, message);
}
