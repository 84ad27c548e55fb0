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
async function verdict(url: string, index: number, { earlier, next }: SchemaPair): Promise<unknown[]> {
  const subject = `pair-${run}-${index}`;
  const registered = await send('POST', `${url}/subjects/${subject}/versions`, { schema: earlier });
  await send('PUT', `${url}/config/${subject}`, { compatibility: 'BACKWARD' });
  const asked = await send('POST', `${url}/compatibility/subjects/${subject}/versions/latest`, { schema: next });
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
