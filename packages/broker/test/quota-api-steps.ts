import { ApiKey, errorInfo } from '@headwater/protocol';
import type { RawClient } from './raw-client.ts';

/** Quota requests and what comes back, in a form that can be compared: with Apache Kafka's answers above all. */
export interface QuotaAnswers {
  altered: unknown[];
  described: unknown[];
}

type Entity = { entityType: string; entityName: string | null }[];
type Op = { key: string; value: number; remove: boolean };
type Match = { entityType: string; matchType: number; match: string | null };

const code = (errorCode: number) => errorInfo(errorCode).name;
const user = (entityName: string | null) => ({ entityType: 'user', entityName });
const clientId = (entityName: string | null) => ({ entityType: 'client-id', entityName });
const ip = (entityName: string | null) => ({ entityType: 'ip', entityName });
const set = (key: string, value: number): Op => ({ key, value, remove: false });
const remove = (key: string): Op => ({ key, value: 0, remove: true });
const exact = (entityType: string, match: string | null): Match => ({ entityType, matchType: 0, match });
const isDefault = (entityType: string): Match => ({ entityType, matchType: 1, match: null });
const specified = (entityType: string): Match => ({ entityType, matchType: 2, match: null });

/** Leaves nothing behind; no other quotas may be there. */
export async function quotaApiSteps(client: RawClient): Promise<QuotaAnswers> {
  const altered: unknown[] = [];
  const alter = async (entries: [Entity, Op[]][], validateOnly = false) => {
    const body = { entries: entries.map(([entity, ops]) => ({ entity, ops })), validateOnly };
    const answer = await client.call(ApiKey.AlterClientQuotas, 1, body);
    altered.push(
      answer.entries
        .map(({ errorCode, errorMessage, entity }) =>
          JSON.stringify([code(errorCode), errorMessage, sortedEntity(entity)]),
        )
        .sort(),
    );
  };
  const described: unknown[] = [];
  const describe = async (components: Match[], strict = false) => {
    const answer = await client.call(ApiKey.DescribeClientQuotas, 1, { components, strict });
    const entries = answer.entries?.map(({ entity, values }) =>
      JSON.stringify([sortedEntity(entity), values.map(({ key, value }) => `${key}=${value}`).sort()]),
    );
    described.push([code(answer.errorCode), answer.errorMessage, entries?.sort() ?? null]);
  };

  await alter([[[user('ada')], [set('producer_byte_rate', 1_000), set('request_percentage', 12.5)]]]);
  await alter([[[user('ada'), clientId('app')], [set('consumer_byte_rate', 2_000)]]]);
  await alter([[[user(null)], [set('controller_mutation_rate', 1.5)]]]);
  await alter([[[clientId(null)], [set('producer_byte_rate', 5)]]]);
  await alter([[[clientId('app'), user(null)], [set('producer_byte_rate', 6)]]]);
  await alter([[[ip('10.0.0.1')], [set('connection_creation_rate', 7)]]]);
  await alter([[[ip(null)], [set('connection_creation_rate', 8)]]]);
  await alter([[[user('ada')], [set('consumer_byte_rate', 9)]]], true);
  await alter([
    [[user('b')], [set('producer_byte_rate', 1)]],
    [[user('c')], [set('producer_byte_rate', -1)]],
  ]);
  for (const [entity, ops] of [
    [[], [set('producer_byte_rate', 1)]],
    [[{ entityType: 'group', entityName: 'g' }], [set('producer_byte_rate', 1)]],
    [[ip('10.0.0.1')], [set('producer_byte_rate', 1)]],
    [[user('ada')], [set('connection_creation_rate', 1)]],
    [[user('ada')], [set('no_such_rate', 1)]],
    [[user('ada')], [set('producer_byte_rate', 0)]],
    [[user('ada')], [set('producer_byte_rate', 1.5)]],
    [[user('ada')], [set('request_percentage', 0.001)]],
    [[user('ada')], [set('request_percentage', 900)]],
    [[ip('10.0.0.1')], [set('connection_creation_rate', 4_000_000_000)]],
    [[user('ada')], [set('producer_byte_rate', 1), set('producer_byte_rate', 2)]],
    [[user('')], [set('producer_byte_rate', 1)]],
    [[user('nobody')], [remove('producer_byte_rate')]],
    [[user('nobody')], [remove('no_such_rate')]],
    [[user('ada')], []],
  ] as [Entity, Op[]][]) {
    await alter([[entity, ops]]);
  }

  // Kafka's controller answers before its broker knows.
  const settled = async (isSettled: (text: string) => boolean) => {
    for (;;) {
      const answer = await client.call(ApiKey.DescribeClientQuotas, 1, { components: [], strict: false });
      if (isSettled(JSON.stringify(answer.entries))) return;
    }
  };
  await settled((text) => text.includes('"value":900}'));
  await describe([]);
  await describe([], true);
  await describe([exact('user', 'ada')]);
  await describe([exact('user', 'ada')], true);
  await describe([isDefault('user')]);
  await describe([specified('user')]);
  await describe([specified('user')], true);
  await describe([specified('user'), specified('client-id')], true);
  await describe([exact('client-id', 'app')]);
  await describe([specified('ip')]);
  await describe([exact('ip', '10.0.0.1')], true);
  await describe([exact('user', 'nobody')]);
  await describe([specified('user'), exact('user', 'ada')]);
  await describe([specified('ip'), specified('user')]);
  await describe([specified('group')]);
  await describe([specified('')]);
  await describe([{ entityType: 'user', matchType: 7, match: null }]);
  await describe([{ entityType: 'user', matchType: 0, match: null }]);
  await describe([{ entityType: 'user', matchType: 1, match: 'x' }]);
  await describe([{ entityType: 'user', matchType: 2, match: 'x' }]);

  await alter([
    [[user('ada')], ['producer_byte_rate', 'consumer_byte_rate', 'request_percentage'].map(remove)],
    [[user('ada'), clientId('app')], [remove('consumer_byte_rate')]],
    [[user(null)], [remove('controller_mutation_rate')]],
    [[clientId(null)], [remove('producer_byte_rate')]],
    [[clientId('app'), user(null)], [remove('producer_byte_rate')]],
    [[user('b')], [remove('producer_byte_rate')]],
    [[user('')], [remove('producer_byte_rate')]],
    [[ip('10.0.0.1')], [remove('connection_creation_rate')]],
    [[ip(null)], [remove('connection_creation_rate')]],
  ]);
  await settled((text) => text === '[]');
  return { altered, described };
}

function sortedEntity(entity: Entity): Entity {
  return [...entity].sort((a, b) => (a.entityType < b.entityType ? -1 : 1));
}
