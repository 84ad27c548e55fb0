/** Quotas of users and client ids. */
export type ClientQuotaKey =
  | 'producer_byte_rate'
  | 'consumer_byte_rate'
  | 'request_percentage'
  | 'controller_mutation_rate';

/** Quotas of addresses. */
export type IpQuotaKey = 'connection_creation_rate';

export type QuotaKey = ClientQuotaKey | IpQuotaKey;

interface QuotaKeyDefinition {
  readonly of: 'client' | 'ip';
  readonly type: 'INT' | 'LONG' | 'DOUBLE';
}

/** Kafka's quotas, for whom they are and what numbers they may be. */
export const quotaKeys: Readonly<Record<QuotaKey, QuotaKeyDefinition>> = {
  producer_byte_rate: { of: 'client', type: 'LONG' },
  consumer_byte_rate: { of: 'client', type: 'LONG' },
  request_percentage: { of: 'client', type: 'DOUBLE' },
  controller_mutation_rate: { of: 'client', type: 'DOUBLE' },
  connection_creation_rate: { of: 'ip', type: 'INT' },
};
