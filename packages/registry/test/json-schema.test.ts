import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { type Registry, startRegistry } from '../index.ts';

let broker: Broker;
let registry: Registry;

before(async () => {
  broker = await startBroker();
  registry = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
});
after(async () => {
  await registry.close();
  await broker.close();
});

async function call(method: string, path: string, body?: object): Promise<{ status: number; body: never }> {
  const answer = await fetch(registry.url + path, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as never };
}

const register = (subject: string, schema: object, references: object[] = []) =>
  call('POST', `/subjects/${subject}/versions`, { schemaType: 'JSON', schema: JSON.stringify(schema), references });

test('a JSON Schema is registered, told with its type, and found again', async () => {
  assert.ok(((await call('GET', '/schemas/types')).body as string[]).includes('JSON'));
  const first = await register('orders-value', { type: 'object', properties: { id: { type: 'integer' } } });
  assert.equal(first.status, 200);
  const { schemaType, schema } = (await call('GET', '/subjects/orders-value/versions/1')).body as Record<
    string,
    string
  >;
  assert.deepEqual([schemaType, schema], ['JSON', '{"type":"object","properties":{"id":{"type":"integer"}}}']);
});

test('a $ref to a registered schema is resolved by the name of the reference', async () => {
  await register('address', { type: 'object', properties: { zip: { type: 'string' } }, additionalProperties: false });
  const customer = { type: 'object', properties: { home: { $ref: 'address.json' } } };
  assert.equal((await register('customer', customer)).status, 422);
  const reference = { name: 'address.json', subject: 'address', version: 1 };
  assert.equal((await register('customer', customer, [reference])).status, 200);
  await register('address', {
    type: 'object',
    properties: { zip: { type: 'string' }, city: {} },
    additionalProperties: false,
  });
  const next = { ...customer, title: 'Customer' };
  assert.equal((await register('customer', next, [{ ...reference, version: 2 }])).status, 200);
});

test('a tightened schema is refused with rule, place and what would pass; the policy may let it be', async () => {
  await register('open', { type: 'object', properties: { a: {} } });
  const next = { type: 'object', properties: { a: {}, b: { type: 'string' } } };
  const { status, body } = await register('open', next);
  assert.equal(status, 409);
  const { message } = body as { message: string };
  assert.match(message, /errorType:'OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL'.*'#\/properties\/b'.*LENIENT/s);
  await call('PUT', '/config/open', { compatibilityPolicy: 'LENIENT' });
  assert.equal((await register('open', next)).status, 200);
});
