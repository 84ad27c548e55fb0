import { illegalArgument } from '../errors.ts';

/** A time zone: a fixed offset, or a named zone with its rules. */
export interface TimeZone {
  readonly id: string;
  /** Offset from UTC in milliseconds at a moment. */
  offsetAt(utcMs: number): number;
}

export const utc: TimeZone = { id: 'Z', offsetAt: () => 0 };

const zones = new Map<string, TimeZone>();
const zoneCountMax = 500;

/** `Z`, `UTC`, `+02:00`, `+0200`, `-5`, `Europe/Berlin`. */
export function timeZone(id: string): TimeZone {
  const known = zones.get(id);
  if (known !== undefined) return known;
  const zone = makeZone(id);
  if (zone === undefined) {
    const reason = /^[+-]/.test(id)
      ? `Invalid ID for ZoneOffset, invalid format: ${id}`
      : `Unknown time-zone ID: ${id}`;
    throw illegalArgument(reason);
  }
  if (zones.size < zoneCountMax) zones.set(id, zone);
  return zone;
}

function makeZone(id: string): TimeZone | undefined {
  if (id === 'Z' || id === 'UTC' || id === 'GMT' || id === 'UT') return id === 'Z' ? utc : { id, offsetAt: () => 0 };
  const offset = parseOffset(id.replace(/^(UTC|GMT|UT)(?=[+-])/, ''));
  if (offset !== undefined) return { id, offsetAt: () => offset };
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: id, timeZoneName: 'longOffset' });
  } catch {
    return undefined;
  }
  return {
    id,
    offsetAt(utcMs) {
      const name = format.formatToParts(utcMs).find((part) => part.type === 'timeZoneName')!.value;
      return name === 'GMT' ? 0 : (parseOffset(name.slice(3)) ?? 0);
    },
  };
}

/** `+02:00`, `+0200`, `+02`, `-5`, `+02:00:30` in milliseconds. */
export function parseOffset(text: string): number | undefined {
  const match = /^([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, hours, minutes, seconds] = match;
  const size = (Number(hours) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)) * 1000;
  if (Number(minutes ?? 0) > 59 || size > 18 * 3_600_000) return undefined;
  return sign === '-' ? -size : size;
}

/** The moment at which clocks in `zone` show the given local time (the earlier offset where it happens twice). */
export function localToUtc(localMs: number, zone: TimeZone): number {
  const guess = localMs - zone.offsetAt(localMs);
  const offset = zone.offsetAt(guess);
  const utcMs = localMs - offset;
  const before = localMs - zone.offsetAt(utcMs - 3_600_000 * 3);
  // In an overlap both offsets fit: Java takes the one from before the change.
  return zone.offsetAt(before) === localMs - before ? before : utcMs;
}

export function utcToLocal(utcMs: number, zone: TimeZone): number {
  return utcMs + zone.offsetAt(utcMs);
}
