/**
 * Starts the receivers of OTLP and Zipkin on a broker, lets a foreign SDK (TELEMETRY_CLIENT) send what all of them send here, and looks for it on the
 * topics and in Zipkin's queries. Called as: script.ts BOOTSTRAP PREFIX SCENARIO
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createClient } from '@headwater/client';
import { startOtlp, startZipkin } from '@headwater/telemetry';

const [bootstrap, service, scenario] = process.argv.slice(2) as [string, string, string];
const [command, ...args] = JSON.parse(process.env['TELEMETRY_CLIENT']!) as [string, ...string[]];
const until = AbortSignal.timeout(60_000);

type Fields = Record<string, unknown>;

await using otlp = await startOtlp({ bootstrap, port: 0 });
await using zipkin = await startZipkin({ bootstrap, port: 0 });
const child = spawn(command, [...args, otlp.url, zipkin.url, service, scenario], { stdio: ['ignore', 2, 2] });
const [code] = (await once(child, 'exit')) as [number | null];
assert.equal(code, 0, `the client ended with ${code}`);

if (scenario === 'traces' || scenario === 'zipkin') await checkTrace();
else if (scenario === 'logs') await checkLogs();
else await checkMetrics();

/** A server's span with a client's in it that failed. */
async function checkTrace(): Promise<void> {
  const spans = await read(
    'headwater-spans',
    2,
    (span) => (span['localEndpoint'] as Fields)['serviceName'] === service,
  );
  const parent = spans.find(({ kind }) => kind === 'SERVER')!;
  const child = spans.find(({ kind }) => kind === 'CLIENT')!;
  assert.deepEqual([parent['name'], child['name']], ['get /orders', 'select']);
  assert.equal(child['parentId'], parent['id']);
  assert.equal(child['traceId'], parent['traceId']);
  const tags = child['tags'] as Fields;
  // OpenTelemetry's exporter for Zipkin leaves it a tag.
  const remote = child['remoteEndpoint'] as Fields | undefined;
  assert.equal(remote?.['serviceName'] ?? tags['peer.service'], 'orders-db');
  assert.equal(tags['order.id'], '7');
  assert.equal(typeof tags['error'], 'string');
  for (const { duration, timestamp } of spans) {
    assert.ok(Math.abs(Number(timestamp) / 1_000 - Date.now()) < 600_000, `a time is ${timestamp}`);
    assert.ok(Number(duration) >= 1);
  }
  const query = `${zipkin.url}/api/v2/traces?serviceName=${service}&annotationQuery=error`;
  for (;;) {
    const traces = (await (await fetch(query, { signal: until })).json()) as Fields[][];
    if (traces[0]?.length !== 2) continue;
    assert.equal(traces.length, 1);
    break;
  }
  console.log('# one trace of two spans, found by its error');
}

async function checkLogs(): Promise<void> {
  const [line] = await read('headwater-logs', 1, (one) => one['service'] === service && one['level'] === 'WARN');
  assert.ok(line !== undefined);
  assert.equal(line['message'], 'stock is low');
  assert.equal(line['source'], 'otlp');
  assert.match(String(line['traceId']), /^[0-9a-f]{32}$/);
  assert.match(String(line['spanId']), /^[0-9a-f]{16}$/);
  assert.equal((line['attributes'] as Fields)['order.id'], '7');
  assert.ok(Math.abs(Number(line['timestampMs']) - Date.now()) < 600_000);
  console.log('# one line, with the ids of its span');
}

async function checkMetrics(): Promise<void> {
  const wanted = new Map<string, number>([
    ['jobs_done_total', 3],
    ['queue_size', 5],
    ['work_duration_seconds_count', 2],
    ['work_duration_seconds_sum', 1],
    ['work_duration_seconds_bucket le=+Inf', 2],
    ['work_duration_seconds_bucket le=0.5', 1],
  ]);
  const found = new Map<string, number>();
  await read('headwater-metrics', 1, (sample) => {
    if (sample['service'] !== service) return false;
    const { le } = sample['labels'] as Fields;
    found.set(`${sample['name']}${le === undefined ? '' : ` le=${le}`}`, Number(sample['value']));
    return [...wanted.keys()].every((name) => found.has(name));
  });
  for (const [name, value] of wanted) assert.equal(found.get(name), value, name);
  console.log(`# ${found.size} series`);
}

/** Follows a topic until so many of its values are of the wanted kind. */
async function read(topic: string, count: number, isWanted: (value: Fields) => boolean): Promise<Fields[]> {
  await using client = createClient({ bootstrap, clientId: 'telemetry-check' });
  const values: Fields[] = [];
  for await (const batch of client.tail({ topics: [topic], from: 'earliest', signal: until }))
    for (const { value } of batch.records()) {
      const parsed = JSON.parse(String(value)) as Fields;
      if (isWanted(parsed) && values.push(parsed) === count) return values;
    }
  throw new Error(`${values.length} of ${count} came`);
}
