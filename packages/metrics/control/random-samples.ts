/** Numbers that are the same for the same seed (mulberry32), 0 to 1. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface RandomSeries {
  name: string;
  labels: Record<string, string>;
  samples: [timeMs: number, value: number][];
}

const stepMs = 15_000;

/** Counters that reset, gauges with NaN and infinities, histograms; with gaps, and a jitter in their times. */
export function randomSeries(random: () => number, startMs: number, steps: number): RandomSeries[] {
  const all: RandomSeries[] = [];
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const times = (): number[] => {
    const result: number[] = [];
    const isRegular = random() < 0.5;
    let skipped = 0;
    for (let i = 0; i < steps; i++) {
      if (skipped > 0) {
        skipped -= 1;
        continue;
      }
      if (random() < 0.01) skipped = Math.floor(random() * 40);
      result.push(startMs + i * stepMs + (isRegular ? 0 : Math.floor(random() * 3_000)));
    }
    return result;
  };
  for (const job of ['api', 'web', 'db'])
    for (const instance of ['0', '1', '2']) {
      const labels = { job, instance, ...(random() < 0.5 && { zone: pick(['a', 'b']) }) };
      let total = 0;
      all.push({
        name: 'requests_total',
        labels,
        samples: times().map((time) => [time, (total = random() < 0.01 ? 0 : total + Math.floor(random() * 20))]),
      });
      let level = random() * 100;
      all.push({
        name: 'level',
        labels,
        samples: times().map((time) => {
          const dice = random();
          if (dice < 0.004) return [time, Number.NaN];
          if (dice < 0.006) return [time, Number.POSITIVE_INFINITY];
          if (dice < 0.2) return [time, level];
          level += random() * 10 - 5;
          return [time, level];
        }),
      });
      all.push({
        name: 'kind',
        labels: { ...labels, kind: pick(['x', 'y']) },
        samples: times().map((time) => [time, pick([0, 1, 2, -1, 0.5])]),
      });
      const buckets = [0.1, 0.5, 1, 5, Number.POSITIVE_INFINITY];
      const counts = buckets.map(() => 0);
      const series = buckets.map((le) => ({
        name: 'duration_seconds_bucket',
        labels: { job, instance, le: le === Number.POSITIVE_INFINITY ? '+Inf' : String(le) },
        samples: [] as [number, number][],
      }));
      for (const time of times()) {
        let below = 0;
        for (const [i] of buckets.entries()) {
          counts[i]! += Math.floor(random() * 4);
          below += counts[i]!;
          series[i]!.samples.push([time, below]);
        }
      }
      all.push(...series);
    }
  return all;
}

/** As OpenMetrics, which `promtool tsdb create-blocks-from openmetrics` reads. */
export function openMetricsOf(series: readonly RandomSeries[]): string {
  let text = '';
  for (const { labels, name, samples } of series) {
    const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    for (const [timeMs, value] of samples) text += `${name}{${pairs.join(',')}} ${shown(value)} ${timeMs / 1_000}\n`;
  }
  return `${text}# EOF\n`;
}

function shown(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value === Number.POSITIVE_INFINITY ? '+Inf' : value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}
