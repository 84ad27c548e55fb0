/**
 * A week of minute data for 200 services: how long queries of a dashboard take.
 * `node packages/metrics/bench/week.ts`; with `BESIDE=prometheus` the same data is asked of a real Prometheus too.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../control/random-samples.ts';
import { startRealPrometheus } from '../control/real-prometheus.ts';
import { LabelSet } from '../src/labels/label-set.ts';
import { queryRange } from '../src/promql/query.ts';
import { SampleStore } from '../src/store/sample-store.ts';

const services = 200;
const minutes = 7 * 24 * 60;
const endMs = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_600_000;
const startMs = endMs - minutes * 60_000;
const isBeside = process.env['BESIDE'] === 'prometheus';
const directory = mkdtempSync(join(tmpdir(), 'headwater-week-'));
const random = seededRandom(1);
const store = new SampleStore({ directory, retentionMs: 30 * 86_400_000 });
const lines: string[] = [];
const fillMs = performance.now();
for (let s = 0; s < services; s++) {
  const series = store.series(
    LabelSet.of({ __name__: 'requests_total', service: `service-${s}`, team: `team-${s % 10}` }),
  )!;
  let total = 0;
  for (let i = 0; i < minutes; i++) {
    total += Math.floor(random() * 500);
    store.append(series, startMs + i * 60_000, total);
    if (isBeside)
      lines.push(
        `requests_total{service="service-${s}",team="team-${s % 10}"} ${total} ${(startMs + i * 60_000) / 1_000}\n`,
      );
  }
}
store.flush();
console.log(
  `filled ${services * minutes} samples in ${(performance.now() - fillMs).toFixed(0)} ms, ${(store.stats().storedBytes / services / minutes).toFixed(2)} bytes a sample`,
);
store.clean();
const real = isBeside ? await startRealPrometheus({ openMetrics: `${lines.join('')}# EOF\n` }) : undefined;
const range = { startMs, endMs, stepMs: 1_800_000 };
for (const query of [
  'sum by (team) (rate(requests_total[30m]))',
  'rate(requests_total[30m])',
  'topk(5, increase(requests_total[1h]))',
  'max_over_time(requests_total[1h])',
  'sum(requests_total)',
]) {
  const ours: number[] = [];
  for (let i = 0; i < 7; i++) {
    const from = performance.now();
    queryRange(store, query, range);
    ours.push(performance.now() - from);
  }
  let beside = '';
  if (real !== undefined) {
    const theirs: number[] = [];
    const body = new URLSearchParams({
      query,
      start: String(startMs / 1_000),
      end: String(endMs / 1_000),
      step: '1800',
    });
    for (let i = 0; i < 7; i++) {
      const from = performance.now();
      await (await fetch(`${real.url}/api/v1/query_range`, { method: 'POST', body })).arrayBuffer();
      theirs.push(performance.now() - from);
    }
    beside = `, Prometheus (with HTTP and JSON) ${median(theirs).toFixed(0)} ms`;
  }
  console.log(`${query}: first ${ours[0]!.toFixed(0)} ms, median ${median(ours).toFixed(0)} ms${beside}`);
}
await real?.close();
store.close();
rmSync(directory, { recursive: true });

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
