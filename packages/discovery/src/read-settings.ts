import type { SelfPreservationOptions } from './registry/self-preservation.ts';

/**
 * Reads `discovery.selfPreservation` of a configuration: `false`, or `{ enabled, threshold, windowSeconds, minimumInstances, maximumSeconds }`.
 *
 * @throws Error with the key that is wrong
 */
export function readSelfPreservation(value: unknown): SelfPreservationOptions {
  if (value === undefined || value === null || value === true || value === 'true') return {};
  if (value === false || value === 'false') return { isEnabled: false };
  if (typeof value !== 'object') throw wrong('', 'true, false, or keys and values');
  const options: SelfPreservationOptions = {};
  for (const [key, given] of Object.entries(value)) {
    const number = typeof given === 'boolean' ? Number.NaN : Number(given);
    switch (key) {
      case 'enabled':
        options.isEnabled = given === true || given === 'true';
        break;
      case 'threshold':
        if (!(number > 0 && number <= 1)) throw wrong('.threshold', 'a number above 0, at most 1');
        options.threshold = number;
        break;
      case 'windowSeconds':
        options.windowMs = count(key, number) * 1000;
        break;
      case 'maximumSeconds':
        options.maximumMs = count(key, number) * 1000;
        break;
      case 'minimumInstances':
        options.minimumInstances = count(key, number);
        break;
      default:
        throw wrong(`.${key}`, 'one of enabled, threshold, windowSeconds, minimumInstances, maximumSeconds');
    }
  }
  return options;
}

function count(key: string, number: number): number {
  if (Number.isInteger(number) && number > 0 && number <= 1_000_000) return number;
  throw wrong(`.${key}`, 'a whole number above 0');
}

function wrong(key: string, expected: string): Error {
  return Object.assign(new Error(`discovery.selfPreservation${key} must be ${expected}`), {
    code: 'HW_DISCOVERY_SETTING',
  });
}
