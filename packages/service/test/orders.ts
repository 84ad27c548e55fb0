import type { SchemaDefinition, TopicDefinitions } from '../index.ts';

/** What `headwater types` writes for a topic of orders at its first and at its second version. */
export interface OrderV1 {
  total: bigint;
}

export interface OrderV2 {
  total: bigint;
  currency: string;
}

const total = { name: 'total', type: 'long' };
const schemaOf = (...fields: object[]): string => JSON.stringify({ type: 'record', name: 'Order', fields });

const key: SchemaDefinition = { subject: 'orders-key', version: 1, schemaType: 'AVRO', schema: '"string"' };

export const topicsV1: TopicDefinitions<{ orders: { key: string; value: OrderV1 } }> = {
  orders: { key, value: { subject: 'orders-value', version: 1, schemaType: 'AVRO', schema: schemaOf(total) } },
};

const currency = { name: 'currency', type: 'string', default: 'EUR' };

export const topicsV2: TopicDefinitions<{ orders: { key: string; value: OrderV2 } }> = {
  orders: {
    key,
    value: { subject: 'orders-value', version: 2, schemaType: 'AVRO', schema: schemaOf(total, currency) },
  },
};

/** A version that lost the field `total`: what it wrote cannot be read by the first. */
export const topicsWithoutTotal: TopicDefinitions<{ orders: { key: string; value: { currency: string } } }> = {
  orders: { key, value: { subject: 'orders-value', version: 3, schemaType: 'AVRO', schema: schemaOf(currency) } },
};
