import type { MatrixSeries } from '../../api/prometheus.ts';
import type { ChartLine } from '../../format/line-points.ts';
import { seriesTones } from '../../format/series.ts';

/** A chart with more lines tells nothing. */
export const linesMax = 40;

/** Lines of an answer, named by what tells them apart: labels that all share are left out. */
export function chartLines(series: readonly MatrixSeries[]): ChartLine[] {
  const shown = series.slice(0, linesMax);
  const names = namesOf(shown.map(({ metric }) => metric));
  const tones = seriesTones(names);
  return shown.map(({ values }, index) => ({
    name: names[index]!,
    tone: tones.get(names[index]!) ?? 1,
    atMs: values.map(([seconds]) => seconds * 1000),
    values: values.map(([, text]) => numberOf(text)),
  }));
}

/** Infinite values have no place on an axis: they are gaps, as what is no number. */
function numberOf(text: string): number {
  const value = Number(text);
  return Number.isFinite(value) ? value : Number.NaN;
}

function namesOf(metrics: readonly Readonly<Record<string, string>>[]): string[] {
  const labels = [...new Set(metrics.flatMap((metric) => Object.keys(metric)))].filter(
    (label) => metrics.length === 1 || metrics.some((metric) => metric[label] !== metrics[0]![label]),
  );
  const names = metrics.map((metric) => {
    const own = labels.filter((label) => label !== '__name__' && metric[label] !== undefined);
    const text = own.length === 1 ? metric[own[0]!]! : own.map((label) => `${label}=${metric[label]}`).join(' ');
    const name = labels.includes('__name__') ? (metric['__name__'] ?? '') : '';
    return [name, text].filter(Boolean).join(' ') || 'value';
  });
  // Values of two labels may read the same: then all labels are said.
  return new Set(names).size === names.length ? names : metrics.map((metric) => JSON.stringify(metric));
}

/** The distance of points: round, and no more of them than a chart has room for. */
export function stepOf(spanMs: number): number {
  const steps = [5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000, 7_200_000];
  return steps.find((step) => spanMs / step <= 240) ?? Math.ceil(spanMs / 240 / 3_600_000) * 3_600_000;
}
