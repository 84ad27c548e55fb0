/**
 * The same questions to this registry and to another one that speaks the same API: HEADWATER_TEST_REGISTRY, or the peer
 * `peers/schema-registry` of HEADWATER_SHARED where it runs.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { startRegistry } from '../index.ts';
import { avroPairs, type SchemaPair } from './avro-cases.ts';
import { jsonSchemaPairs } from './json-schema-cases.ts';
import { protobufPairs } from './protobuf-cases.ts';

const peer = findPeer();
const run = Date.now().toString(36);
const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };

function findPeer(): string | null {
  const given = process.env['HEADWATER_TEST_REGISTRY'];
  if (given !== undefined) return given;
  const script = join(process.env['HEADWATER_SHARED'] ?? '', 'peers/schema-registry');
  if (process.env['HEADWATER_SHARED'] === undefined || !existsSync(script)) return null;
  const { stdout } = spawnSync(script, ['status'], { encoding: 'utf8' });
  return stdout.startsWith('running') ? (/SCHEMA_REGISTRY_URL=(\S+)/.exec(stdout)?.[1] ?? null) : null;
}

async function send(
  method: string,
  url: string,
  body: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fetch(url, { method, headers, body: JSON.stringify(body) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

/** What a registry says of a pair: status of each step, the text that it keeps, and whether the second may follow. */
async function verdict(
  url: string,
  index: number,
  { earlier, next }: SchemaPair,
  schemaType: 'AVRO' | 'JSON' | 'PROTOBUF' = 'AVRO',
): Promise<unknown[]> {
  const subject = `pair-${schemaType}-${run}-${index}`;
  const registered = await send('POST', `${url}/subjects/${subject}/versions`, { schema: earlier, schemaType });
  await send('PUT', `${url}/config/${subject}`, { compatibility: 'BACKWARD' });
  const asked = await send('POST', `${url}/compatibility/subjects/${subject}/versions/latest`, {
    schema: next,
    schemaType,
  });
  const kept = (await (await fetch(`${url}/subjects/${subject}/versions/latest`)).json()) as { schema: string };
  return [registered.status, asked.status, asked.body['is_compatible'], kept.schema];
}

test('Avro: every pair is kept and judged as the other registry does', async (t: TestContext) => {
  if (peer === null)
    return t.skip(
      'no other registry runs here (peers/schema-registry in HEADWATER_SHARED, or HEADWATER_TEST_REGISTRY)',
    );
  const broker = await startBroker();
  const registry = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
  const differences: unknown[] = [];
  const pairs = avroPairs();
  for (const [index, pair] of pairs.entries()) {
    const [ours, theirs] = [await verdict(registry.url, index, pair), await verdict(peer, index, pair)];
    if (JSON.stringify(ours) !== JSON.stringify(theirs)) differences.push({ name: pair.name, ours, theirs });
  }
  await registry.close();
  await broker.close();
  t.diagnostic(`${pairs.length} pairs, ${differences.length} differences`);
  assert.deepEqual(differences, []);
});

test('JSON Schema: every pair is kept as the other registry does, and judged so but where it is known not to', async (t: TestContext) => {
  if (peer === null)
    return t.skip(
      'no other registry runs here (peers/schema-registry in HEADWATER_SHARED, or HEADWATER_TEST_REGISTRY)',
    );
  const broker = await startBroker();
  const registry = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
  const differences: unknown[] = [];
  const pairs = jsonSchemaPairs();
  for (const [index, pair] of pairs.entries()) {
    const [ours, theirs] = [await verdict(registry.url, index, pair, 'JSON'), await verdict(peer, index, pair, 'JSON')];
    const { isCompatible, apicurio } = pair;
    const expected = [200, 200, isCompatible, ours[3]];
    const expectedThere =
      apicurio?.isCompatible === null
        ? [200, 500, undefined, ours[3]]
        : [200, 200, apicurio?.isCompatible ?? isCompatible, ours[3]];
    if (JSON.stringify([ours, theirs]) !== JSON.stringify([expected, expectedThere])) {
      differences.push({ name: pair.name, ours, theirs });
    }
  }
  await registry.close();
  await broker.close();
  const known = pairs.filter(({ apicurio }) => apicurio !== undefined).length;
  t.diagnostic(
    `${pairs.length} pairs, ${known} of them known to differ there, ${differences.length} other differences`,
  );
  assert.deepEqual(differences, []);
});

test("Protobuf: every pair is judged by Confluent's rules here, and by its own there", async (t: TestContext) => {
  if (peer === null)
    return t.skip(
      'no other registry runs here (peers/schema-registry in HEADWATER_SHARED, or HEADWATER_TEST_REGISTRY)',
    );
  const broker = await startBroker();
  const registry = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
  const differences: unknown[] = [];
  const pairs = protobufPairs();
  for (const [index, pair] of pairs.entries()) {
    // Texts are not compared: this registry keeps the form of Confluent's, and the other one what it was given.
    const [ours, theirs] = [
      (await verdict(registry.url, index, pair, 'PROTOBUF')).slice(0, 3),
      (await verdict(peer, index, pair, 'PROTOBUF')).slice(0, 3),
    ];
    const { isCompatible, apicurio } = pair;
    const there =
      apicurio?.isCompatible === null ? [200, 422, null] : [200, 200, apicurio?.isCompatible ?? isCompatible];
    if (JSON.stringify([ours, theirs]) !== JSON.stringify([[200, 200, isCompatible], there])) {
      differences.push({ name: pair.name, ours, theirs });
    }
  }
  await registry.close();
  await broker.close();
  const known = pairs.filter(({ apicurio }) => apicurio !== undefined).length;
  t.diagnostic(
    `${pairs.length} pairs, ${known} of them known to differ there, ${differences.length} other differences`,
  );
  assert.deepEqual(differences, []);
});
