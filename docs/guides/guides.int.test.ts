import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createClient } from '@headwater/client';
import { loadConfiguration } from '../../packages/headwater/src/configuration.ts';
import { type HeadwaterProcess, startHeadwater } from '../../packages/headwater/test/headwater-process.ts';
import { blocksOf, runGuide } from './testing/run-guide.ts';

const root = resolve(import.meta.dirname, '../..');
const isThere = (tool: string): boolean => {
  try {
    execFileSync('bash', ['-c', `command -v ${tool}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const missing = ['bash', 'curl', 'grep'].filter((tool) => !isThere(tool));
const skip = missing.length > 0 ? `needs ${missing.join(', ')}` : false;

/** A platform of a test's own, with an empty folder for its data. */
async function start(t: TestContext, ...flags: string[]): Promise<{ platform: HeadwaterProcess; dataDir: string }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'headwater-guides-'));
  const platform = await startHeadwater(['--data', dataDir, '--ports', 'auto', '--example', 'none', ...flags]);
  t.after(async () => {
    await platform.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return { platform, dataDir };
}

/** Ports of the guides, as a reader has them, to those that this run was given. */
function addressesOf(platform: HeadwaterProcess): Record<string, string> {
  const found: Record<string, string> = {};
  const ports: Record<string, string> = {
    gateway: '127.0.0.1:8080',
    kafka: '127.0.0.1:9092',
    registry: '127.0.0.1:8081',
    rest: '127.0.0.1:8082',
    sql: '127.0.0.1:8088',
    search: '127.0.0.1:9200',
    postgres: '127.0.0.1:5432',
    discovery: '127.0.0.1:8761',
    config: '127.0.0.1:8888',
    identity: '127.0.0.1:8180',
    zipkin: '127.0.0.1:9411',
    otlp: '127.0.0.1:4318',
    prometheus: '127.0.0.1:9090',
    monitor: '127.0.0.1:9093',
  };
  for (const [key, usual] of Object.entries(ports)) {
    const address = platform.addresses[key];
    if (address === undefined) continue;
    const host = /(?:\/\/|@|^)([\w.-]+:\d+)/.exec(address.replace(/^\w+:\/\/(?:[^@/]*@)?/, ''))![1]!;
    found[usual] = host;
  }
  return found;
}

interface Reader {
  readonly t: TestContext;
  readonly guide: string;
  readonly platform: HeadwaterProcess;
  readonly dataDir: string;
  readonly addresses?: Readonly<Record<string, string>>;
  readonly prelude?: string;
}

async function read({ t, guide, platform, dataDir, addresses: given = {}, prelude }: Reader): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-reader-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'package.json'), '{"type":"module","private":true}');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  // The data's folder beside it, as in a checkout.
  symlinkSync(dataDir, join(folder, 'headwater-data'));
  const { kafka, registry, sql } = platform.addresses;
  const { skipped } = await runGuide(join(import.meta.dirname, guide), {
    folder,
    signal: t.signal,
    env: {
      ...process.env,
      PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}`,
      HEADWATER_KAFKA_URL: kafka!,
      HEADWATER_REGISTRY_URL: registry!,
      ...(sql !== undefined && { HEADWATER_SQL_URL: sql }),
    },
    addresses: { ...addressesOf(platform), ...given },
    has: { psql: isThere('psql'), jq: isThere('jq') },
    ...(prelude !== undefined && { prelude }),
  });
  for (const each of skipped) t.diagnostic(`not run, ${each}`);
}

test('your-first-service.md: its reader gets what it says', { skip, timeout: 300_000 }, async (t) => {
  await read({ t, guide: 'your-first-service.md', ...(await start(t)) });
});

test('alerts.md: a rule is tried, fires and goes', { skip, timeout: 300_000 }, async (t) => {
  await read({ t, guide: 'alerts.md', ...(await start(t, '--only', 'gateway,kafka,rest,monitor')) });
});

test('log-lines-to-fields.md: a line becomes fields', { skip, timeout: 300_000 }, async (t) => {
  await read({ t, guide: 'log-lines-to-fields.md', ...(await start(t, '--only', 'kafka,registry,search')) });
});

test('from-docker-compose.md: data comes and goes', { skip, timeout: 300_000 }, async (t) => {
  const guide = 'from-docker-compose.md';
  const only = ['--only', 'kafka,registry,search,postgres'];
  // What stands for the systems of a compose file is a platform of its own; its Kafka may be a real one.
  const [{ platform, dataDir }, { platform: theirs }] = await Promise.all([start(t, ...only), start(t, ...only)]);
  for (const { file, text } of blocksOf(readFileSync(join(import.meta.dirname, guide), 'utf8'))) {
    if (file !== 'shop/headwater.yaml') continue;
    const path = join(dataDir, 'checked.yaml');
    writeFileSync(path, text);
    loadConfiguration({ config: path }, {}, dataDir);
  }
  const { registry, search, postgres } = theirs.addresses;
  const kafka = process.env['HEADWATER_TEST_KAFKA'] ?? theirs.addresses['kafka']!;
  const psql = isThere('psql')
    ? `psql -q ${postgres} -c "create table customers (id int primary key, name text); insert into customers values (1, 'Ada'), (2, 'Grace')"`
    : '';
  const documents = ['tea', 'coffee', 'cocoa'].map(
    (sku) => `{"index":{"_index":"products","_id":"${sku}"}}\\n{"sku":"${sku}"}\\n`,
  );
  await read({
    t,
    guide,
    platform,
    dataDir,
    addresses: {
      'kafka.example:9092': kafka,
      'http://registry.example:8081': registry!,
      'http://search.example:9200': search!,
      'postgres://headwater@postgres.example:5432/headwater': postgres!,
    },
    prelude: `
      npx headwater topics create orders --partitions 3 --if-not-exists --kafka ${kafka}
      echo '{"type":"record","name":"Order","fields":[{"name":"total","type":"long"}]}' > order.avsc
      printf 'a:{"total":1}\\nb:{"total":2}\\nc:{"total":3}\\n' | npx headwater produce orders --key-separator : --schema order.avsc --kafka ${kafka} --registry ${registry}
      npx headwater consume orders --exit --group billing --kafka ${kafka} --registry ${registry} --quiet
      curl -sf -X PUT ${search}/products -H 'content-type: application/json' -d '{"mappings":{"properties":{"sku":{"type":"keyword"}}}}'
      curl -sf -X PUT ${platform.addresses['search']}/products -H 'content-type: application/json' -d '{"mappings":{"properties":{"sku":{"type":"keyword"}}}}'
      printf '${documents.join('')}' | curl -sf '${search}/_bulk?refresh=true' -H 'content-type: application/x-ndjson' --data-binary @-
      ${psql}`,
  });
  const ours = platform.addresses;
  const client = createClient({ bootstrap: [ours['kafka']!], clientId: 'test' });
  t.after(() => client.close());
  const totals: string[] = [];
  for await (const batch of client.tail({ topics: ['orders'], from: 'earliest' })) {
    for (const record of batch.records()) totals.push(`${record.key}:${record.value!.toString('hex')}`);
    if (totals.length >= 3) break;
  }
  assert.deepEqual(totals.sort(), ['a:000000000102', 'b:000000000104', 'c:000000000106']);
  assert.equal((await client.committedOffsets('billing')).length, 3);
  const { count } = (await (await fetch(`${ours['search']}/products/_count`)).json()) as { count: number };
  if (isThere('jq')) assert.equal(count, 3);
});
