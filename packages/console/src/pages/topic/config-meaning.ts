import { formatBytes } from '../../format/number.ts';

const dayMs = 86_400_000;

/** What a bare number of a Kafka setting means: `604800000` is 7 days, `-1` often "no limit". */
export function meaningOf(name: string, value: string | null): string {
  if (value === null || !/^-?\d+$/.test(value)) return '';
  const number = Number(value);
  if (number === -1 && /^(retention|flush)/.test(name)) return 'no limit';
  if (number >= 9e18) return 'never';
  if (name.endsWith('.ms') && number >= 1000) return durationOf(number);
  if (/bytes$/.test(name) && number >= 1000) return formatBytes(number);
  return '';
}

function durationOf(ms: number): string {
  const units: [number, string][] = [
    [dayMs, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
    [1000, 'second'],
  ];
  for (const [size, unit] of units) {
    if (ms >= size) {
      const count = Math.round((ms / size) * 10) / 10;
      return `${count} ${unit}${count === 1 ? '' : 's'}`;
    }
  }
  return '';
}
