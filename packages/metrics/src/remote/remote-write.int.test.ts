import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compress } from '@headwater/protocol';
import { startRealPrometheus, toolPath } from '../../control/real-prometheus.ts';
import { startPrometheus } from '../prometheus.ts';

const skip = toolPath('prometheus') === undefined ? 'no prometheus on the PATH' : false;

async function valuesOf(url: string, query: string): Promise<Map<string, string>> {
  const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`);
  const { data } = (await answer.json()) as {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  return new Map(data.result.map(({ metric, value }) => [JSON.stringify(metric), value[1]]));
}

test('a real Prometheus scrapes us and writes all of it back to us', { skip, timeout: 60_000 }, async () => {
  await using ours = await startPrometheus({ port: 0, settings: { shipped_rules: false } });
  const real = await startRealPrometheus({
    config: `global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs: [{ job_name: headwater, static_configs: [{ targets: ['${ours.host}:${ours.port}'] }] }]
remote_write: [{ url: '${ours.url}/api/v1/write', queue_config: { batch_send_deadline: 200ms } }]
`,
  });
  try {
    for (;;) {
      const [theirs, written] = [
        await valuesOf(real.url, 'up{job="headwater"}'),
        await valuesOf(ours.url, 'up{job="headwater"}'),
      ];
      if (theirs.size === 1 && written.size === 1 && [...theirs.values()][0] === '1') {
        assert.deepEqual([...written.keys()], [...theirs.keys()]);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const names = (await valuesOf(ours.url, 'group by (__name__) ({job="headwater"})')).size;
    assert.ok(names > 20, `${names} names`);
  } finally {
    await real.close();
  }
});

test('what is no remote write, or not newer, is refused', async () => {
  await using ours = await startPrometheus({ port: 0, settings: { shipped_rules: false } });
  const post = async (body: Buffer): Promise<[number, string]> => {
    const headers = { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf' };
    const answer = await fetch(`${ours.url}/api/v1/write`, { method: 'POST', headers, body: new Uint8Array(body) });
    return [answer.status, await answer.text()];
  };
  const label = (name: string, value: string): Buffer =>
    message(1, Buffer.concat([message(1, Buffer.from(name)), message(2, Buffer.from(value))]));
  const sample = (timeMs: number): Buffer => {
    const value = Buffer.alloc(9, 0x09);
    value.writeDoubleLE(42, 1);
    return message(2, Buffer.concat([value, Buffer.from([0x10]), varint(timeMs)]));
  };
  const nowMs = Date.now();
  const body = compress('snappy', message(1, Buffer.concat([label('__name__', 'x'), label('a', 'b'), sample(nowMs)])));
  assert.deepEqual(await post(Buffer.from(body)), [204, '']);
  assert.deepEqual(await post(Buffer.from(body)), [204, '']);
  const older = compress(
    'snappy',
    message(1, Buffer.concat([label('__name__', 'x'), label('a', 'b'), sample(nowMs - 5)])),
  );
  assert.equal((await post(Buffer.from(older)))[0], 400);
  assert.equal((await post(Buffer.from('nonsense')))[0], 400);
  assert.deepEqual([...(await valuesOf(ours.url, 'x')).values()], ['42']);
});

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}

function message(field: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([field * 8 + 2]), varint(content.length), content]);
}
