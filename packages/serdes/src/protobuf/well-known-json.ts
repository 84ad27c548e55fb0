import { fail, shown } from './value-fault.ts';

/** Times are given from the year 1 to 9999, durations to about 10,000 years: https://protobuf.dev/programming-guides/json/ */
const secondsMin = -62_135_596_800n;
const secondsMax = 253_402_300_799n;
const durationSecondsMax = 315_576_000_000n;
const timestampPattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|([+-])(\d\d):(\d\d))$/;
const durationPattern = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/;

export interface SecondsAndNanos {
  seconds: bigint;
  nanos: number;
}

/** `{seconds, nanos}` of a value; what is missing is 0. */
function parts(value: Record<string, unknown>): SecondsAndNanos {
  return {
    seconds: BigInt((value['seconds'] as bigint | number | undefined) ?? 0),
    nanos: (value['nanos'] as number | undefined) ?? 0,
  };
}

export function timestampText(value: Record<string, unknown>): string {
  const { seconds, nanos } = parts(value);
  if (seconds < secondsMin || seconds > secondsMax) fail(`${seconds} seconds are not between the years 1 and 9999`);
  if (nanos < 0 || nanos > 999_999_999) fail(`${nanos} are no nanoseconds of a second`);
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${text}${fraction(nanos)}Z`;
}

export function parseTimestamp(text: unknown): SecondsAndNanos {
  const found = typeof text === 'string' ? timestampPattern.exec(text) : null;
  const millis = found === null ? Number.NaN : Date.parse(`${found[1]}Z`);
  // Date.parse takes the 31st of a month that has 30 days for the 1st of the next.
  if (found === null || Number.isNaN(millis) || new Date(millis).toISOString().slice(0, 19) !== found[1]) {
    return fail(`${shown(text)} is no time such as 2026-01-31T12:00:00Z`);
  }
  const [, , digits = '', , sign, hours = '0', minutes = '0'] = found;
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60 : 60);
  const seconds = BigInt(millis / 1000 - offset);
  if (seconds < secondsMin || seconds > secondsMax) fail(`${shown(text)} is not between the years 1 and 9999`);
  return { seconds, nanos: Number(digits.padEnd(9, '0')) };
}

export function durationText(value: Record<string, unknown>): string {
  const { seconds, nanos } = parts(value);
  checkDuration(seconds);
  if (Math.abs(nanos) > 999_999_999) fail(`${nanos} are no nanoseconds of a second`);
  if ((seconds > 0n && nanos < 0) || (seconds < 0n && nanos > 0)) fail('Seconds and nanoseconds have different signs');
  const sign = seconds < 0n || nanos < 0 ? '-' : '';
  return `${sign}${seconds < 0n ? -seconds : seconds}${fraction(Math.abs(nanos))}s`;
}

export function parseDuration(text: unknown): SecondsAndNanos {
  const found = typeof text === 'string' ? durationPattern.exec(text) : null;
  if (found === null) return fail(`${shown(text)} is no duration such as 1.5s`);
  const [, sign, whole, digits = ''] = found;
  const seconds = BigInt(`${sign}${whole}`);
  checkDuration(seconds);
  const nanos = Number(digits.padEnd(9, '0'));
  return { seconds, nanos: sign === '-' && nanos !== 0 ? -nanos : nanos };
}

function checkDuration(seconds: bigint): void {
  if (seconds > durationSecondsMax || seconds < -durationSecondsMax)
    fail(`${seconds} seconds are more than a duration may have`);
}

/** None, three, six or nine digits. */
function fraction(nanos: number): string {
  if (nanos === 0) return '';
  const digits = String(nanos).padStart(9, '0');
  return `.${digits.replace(/(?:000){1,2}$/, '')}`;
}

export function fieldMaskText(value: Record<string, unknown>): string {
  const paths = (value['paths'] as string[] | undefined) ?? [];
  return paths
    .map((path) => {
      const camel = path.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
      return snake(camel) === path ? camel : fail(`The path ${shown(path)} has no form in JSON`);
    })
    .join(',');
}

export function parseFieldMask(text: unknown): { paths: string[] } {
  if (typeof text !== 'string') return fail(`${shown(text)} is no field mask such as "a.b,c"`);
  if (text === '') return { paths: [] };
  if (text.includes('_')) fail(`The field mask ${shown(text)} must be in lowerCamelCase`);
  return { paths: text.split(',').map(snake) };
}

function snake(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
