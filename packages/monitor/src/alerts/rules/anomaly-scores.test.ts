import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SeasonalBaseline } from './seasonal-baseline.ts';

const folder = join(process.env['HEADWATER_SHARED'] ?? '', 'data/sensors');
const hour = 3_600_000;

/** Of one series: anomalous windows that were found, alarms that were in none. One alarm stands for all of six hours. */
function score(file: string, windows: readonly (readonly [string, string])[]) {
  const ranges = windows.map(
    ([from, to]) =>
      [
        Date.parse(`${from.slice(0, 19).replace(' ', 'T')}Z`),
        Date.parse(`${to.slice(0, 19).replace(' ', 'T')}Z`),
      ] as const,
  );
  const baseline = new SeasonalBaseline({ seasonMs: 7 * 24 * hour, sensitivity: 6, direction: 'both', minValues: 100 });
  const found = new Set<number>();
  let falseAlarms = 0;
  let values = 0;
  let quietUntilMs = 0;
  for (const line of readFileSync(join(folder, file), 'utf8').trim().split('\n').slice(1)) {
    const [time, value] = line.split(',');
    const atMs = Date.parse(`${time!.trim().replace(' ', 'T')}Z`);
    values++;
    if (!baseline.isAnomaly(baseline.add(atMs, Number(value)))) continue;
    const index = ranges.findIndex(([from, to]) => from <= atMs && atMs <= to);
    if (index !== -1) found.add(index);
    else if (atMs >= quietUntilMs) falseAlarms++;
    if (index === -1 && atMs >= quietUntilMs) quietUntilMs = atMs + 6 * hour;
  }
  return { values, windows: ranges.length, found: found.size, falseAlarms };
}

test('anomalies of real sensors: windows found and false alarms', {
  skip: existsSync(folder) ? false : 'no HEADWATER_SHARED with data/sensors',
}, () => {
  const all = JSON.parse(readFileSync(join(folder, 'anomaly_windows.json'), 'utf8')) as Record<
    string,
    [string, string][]
  >;
  const total = { windows: 0, found: 0, falseAlarms: 0 };
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.csv'))) {
    const result = score(file, all[file] ?? []);
    total.windows += result.windows;
    total.found += result.found;
    total.falseAlarms += result.falseAlarms;
    console.log(
      `${file}: ${result.found} of ${result.windows} windows, ${result.falseAlarms} false alarms in ${result.values} values`,
    );
  }
  const recall = total.found / total.windows;
  const precision = total.found / (total.found + total.falseAlarms);
  console.log(`recall ${recall.toFixed(2)}, precision ${precision.toFixed(2)}`);
  assert.ok(recall >= 0.5);
});
