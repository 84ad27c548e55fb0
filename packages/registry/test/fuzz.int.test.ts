/** Requests that nobody means well: every answer is JSON with a code, in good time, and the registry stays as it is. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, type TestContext, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { type Registry, startRegistry } from '../index.ts';
import { callRegistry } from './support/registry-call.ts';

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

/** The path as it is: `fetch` would put it right. */
function send(method: string, path: string, body: string | Buffer): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(registry.url);
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request({ hostname, port, method, path, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('deep, wide and long', async () => {
  const depth = 60_000;
  const schemas = [
    '['.repeat(depth),
    `${'{"type":'.repeat(depth)}"int"${'}'.repeat(depth)}`,
    `${'{"type":"array","items":'.repeat(20_000)}"int"${'}'.repeat(20_000)}`,
    JSON.stringify({ type: 'enum', name: 'E', symbols: Array.from({ length: 50_000 }, (_, index) => `S${index}`) }),
    `{"type":"record","name":"${'n'.repeat(100_000)}","fields":[]}`,
    'x'.repeat(4_900_000),
  ];
  for (const schema of schemas) {
    for (const schemaType of ['AVRO', 'JSON', 'PROTOBUF']) {
      const { body, status } = await callRegistry(registry.url, 'POST', '/subjects/deep/versions?force=true', {
        schema,
        schemaType,
      });
      assert.ok(status === 200 || status === 422 || status === 409, `${status} for ${schema.slice(0, 40)}`);
      if (status !== 200) assert.ok(body.error_code >= 400 && body.message.length < 10_000, schema.slice(0, 40));
    }
  }
  const deepBody = `{"schema":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  const deep = await send('POST', '/subjects/deep/versions', deepBody);
  assert.ok(deep.status === 400 || deep.status === 422, `${deep.status}`);
  const tooLarge = await send(
    'POST',
    '/subjects/deep/versions',
    JSON.stringify({ schema: 'x'.repeat(11 * 2 ** 20) }),
  ).catch(() => null);
  if (tooLarge !== null) assert.deepEqual([tooLarge.status, JSON.parse(tooLarge.text).error_code], [413, 413]);
});

test('bodies and paths at random', async (t: TestContext) => {
  const seed = Number(process.env['SEED'] ?? 20_261_122);
  t.diagnostic(`seed ${seed}`);
  let state = seed >>> 0;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const pick = <T>(list: readonly T[]): T => list[random(list.length)]!;
  const parts = [
    'subjects',
    'schemas',
    'ids',
    'config',
    'mode',
    'contexts',
    'compatibility',
    'versions',
    'schema',
    'latest',
    '1',
    '-1',
  ];
  const odd = [
    '%00',
    '%2F',
    '%',
    '%zz',
    '..',
    '',
    ':.c:',
    ':*:',
    '%F0%9F%92%A9',
    'a b'.replace(' ', '%20'),
    '9'.repeat(30),
    '__GLOBAL',
  ];
  const values = [
    null,
    true,
    -1,
    1e300,
    '',
    'latest',
    [],
    {},
    [[]],
    { a: null },
    '"int"',
    '{"type":"record"',
    '\u0000',
    'NONE',
    'IMPORT',
  ];
  const names = [
    'schema',
    'schemaType',
    'references',
    'metadata',
    'ruleSet',
    'id',
    'version',
    'compatibility',
    'mode',
    'alias',
    '__proto__',
  ];
  for (let index = 0; index < 600; index++) {
    const path = `/${Array.from({ length: 1 + random(6) }, () => (random(4) === 0 ? pick(odd) : pick(parts))).join('/')}`;
    const query =
      random(3) === 0 ? `?${pick(['offset', 'limit', 'deleted', 'subject', 'format', 'key'])}=${pick(odd)}` : '';
    const json = JSON.stringify(
      Object.fromEntries(Array.from({ length: random(5) }, () => [pick(names), pick(values)])),
    );
    const body = random(3) === 0 ? json.slice(0, random(json.length)) : json;
    const method = pick(['GET', 'POST', 'PUT', 'DELETE']);
    const { status, text } = await send(method, path + query, body);
    assert.ok(status < 500, `${method} ${path}${query} ${body}: ${status} ${text}`);
    assert.ok(
      isJson(text) || status === 204 || path.endsWith('schema'),
      `${method} ${path}${query}: ${text.slice(0, 100)}`,
    );
  }
  const answer = await callRegistry(registry.url, 'GET', '/subjects');
  assert.equal(answer.status, 200);
});
