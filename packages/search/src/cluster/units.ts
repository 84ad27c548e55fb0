import { illegalArgument } from '../errors.ts';

const timeUnits: Record<string, number> = {
  nanos: 1e-6,
  micros: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `30s`, `1m`, `-1` in milliseconds; negative means never. */
export function parseTimeMs(text: string, setting: string): number {
  const trimmed = text.trim();
  if (trimmed === '-1' || trimmed === '0') return Number(trimmed);
  const match = /^(-?\d+(?:\.\d+)?)(nanos|micros|ms|s|m|h|d)$/.exec(trimmed);
  if (match === null) {
    throw illegalArgument(
      `failed to parse setting [${setting}] with value [${text}] as a time value: unit is missing or unrecognized`,
    );
  }
  return Number(match[1]) * timeUnits[match[2]!]!;
}

/** `8.4kb`: a size as people read it. */
export function formatBytes(bytes: number): string {
  const units = ['b', 'kb', 'mb', 'gb', 'tb', 'pb'];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  const rounded = unit === 0 ? String(size) : (Math.floor(size * 10) / 10).toString();
  return rounded + units[unit];
}
