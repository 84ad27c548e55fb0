import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type Prometheus, startPrometheus } from './prometheus.ts';

let target: Server;
let prometheus: Prometheus;
let page = '';
let type = 'text/plain; version=0.0.4';

async function until<T>(get: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const got = await get();
    if (got !== undefined) return got;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

interface Found {
  metric: Record<string, string>;
  value: [number, string];
}

async function query(text: string): Promise<Found[]> {
  const answer = await fetch(`${prometheus.url}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query: text }),
  });
  const { data, error } = (await answer.json()) as { data?: { result: Found[] }; error?: string };
  assert.ok(data, error);
  return data.result;
}

before(async () => {
  target = createServer((_req, res) => {
    res.setHeader('content-type', type);
    res.end(page);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => target.once('listening', resolve));
  const { port } = target.address() as AddressInfo;
  prometheus = await startPrometheus({
    port: 0,
    settings: {
      scrape_interval: '100ms',
      shipped_rules: false,
      scrape_configs: [
        {
          job_name: 'shop',
          sample_limit: 50,
          static_configs: [{ targets: [`127.0.0.1:${port}`], labels: { team: 'a', job_hint: 'x' } }],
          relabel_configs: [
            { source_labels: ['job_hint'], target_label: 'hint', regex: '(.)', replacement: '$1$1' },
            { action: 'labeldrop', regex: 'job_hint' },
          ],
          metric_relabel_configs: [{ source_labels: ['__name__'], regex: 'noise_.*', action: 'drop' }],
        },
      ],
    },
  });
});
after(async () => {
  await prometheus.close();
  await prometheus.close();
  target.close();
  target.closeAllConnections();
});

test('a target is scraped: labels, types, escapes, what is dropped', async () => {
  page = [
    '# HELP sold_total Things\\nthat were sold.',
    '# TYPE sold_total counter',
    'sold_total{team="own",what="a \\"b\\"\\\\\\n"} 7',
    'noise_1 5',
    'nothing NaN',
    '',
  ].join('\n');
  const [sold] = await until(async () => ((await query('sold_total')).length === 1 ? query('sold_total') : undefined));
  const { instance, ...labels } = sold!.metric;
  assert.match(instance!, /^127\.0\.0\.1:\d+$/);
  assert.deepEqual(labels, {
    __name__: 'sold_total',
    job: 'shop',
    team: 'a',
    exported_team: 'own',
    what: 'a "b"\\\n',
    hint: 'xx',
  });
  assert.equal(sold!.value[1], '7');
  assert.deepEqual(await query('noise_1'), []);
  assert.deepEqual((await query('up{job="shop"}'))[0]!.value[1], '1');
  const { data } = (await (await fetch(`${prometheus.url}/api/v1/metadata?metric=sold_total`)).json()) as {
    data: object;
  };
  assert.deepEqual(data, { sold_total: [{ type: 'counter', help: 'Things\nthat were sold.', unit: '' }] });
});

test('what a target does not tell any more is gone at once; a bomb is refused and told', async () => {
  page = 'sold_total 8\ngone 1\n';
  await until(async () => ((await query('gone')).length === 1 ? true : undefined));
  page = 'sold_total 8\n';
  await until(async () => ((await query('gone')).length === 0 ? true : undefined));
  page = Array.from({ length: 60 }, (_, i) => `bomb{id="${i}"} 1\n`).join('');
  // A scrape that a slow machine does not finish in time is an error too.
  await until(async () => {
    const { data } = (await (await fetch(`${prometheus.url}/api/v1/targets`)).json()) as {
      data: { activeTargets: { lastError: string }[] };
    };
    const { lastError } = data.activeTargets[0]!;
    return /sample_limit exceeded: 60 samples, 50 are allowed/.test(lastError) ? true : undefined;
  });
  assert.deepEqual(await query('bomb'), []);
  const own = await (await fetch(`${prometheus.url}/metrics`)).text();
  assert.match(own, /headwater_metrics_samples_refused_total\{reason="sample-limit"\} [1-9]/);
});

test('OpenMetrics: exemplars are left out, times are seconds, the end is asked for', async () => {
  type = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
  const seconds = Date.now() / 1_000 - 5;
  page = `# TYPE open counter\n# UNIT open things\nopen_total{a="x # {"} 3 ${seconds.toFixed(3)} # {trace_id="1"} 1.5\n# EOF\n`;
  const [open] = await until(async () =>
    (await query('timestamp(open_total)')).length === 1 ? query('timestamp(open_total)') : undefined,
  );
  assert.equal(open!.value[1], String(Number(seconds.toFixed(3))));
  page = 'open_total 3\n';
  await until(async () => ((await query('up == 0')).length === 1 ? true : undefined));
  type = 'text/plain; version=0.0.4';
});

test('mistakes are answered in the shapes of Prometheus', async () => {
  const ask = async (path: string): Promise<unknown> => {
    const answer = await fetch(prometheus.url + path);
    return [answer.status, await answer.json()];
  };
  assert.deepEqual(await ask('/api/v1/query?query=sum('), [
    400,
    {
      status: 'error',
      errorType: 'bad_data',
      error: 'invalid parameter "query": 1:5: parse error: unexpected end of input',
    },
  ]);
  assert.deepEqual(await ask('/api/v1/query_range?query=up&start=10&end=5&step=1'), [
    400,
    {
      status: 'error',
      errorType: 'bad_data',
      error: 'invalid parameter "end": end timestamp must not be before start time',
    },
  ]);
  assert.deepEqual(await ask('/api/v1/series'), [
    400,
    { status: 'error', errorType: 'bad_data', error: 'no match[] parameter provided' },
  ]);
  assert.deepEqual(await ask('/api/v1/label/__name__/values?match[]=up'), [200, { status: 'success', data: ['up'] }]);
});
