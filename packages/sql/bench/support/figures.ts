import { cpus, loadavg } from 'node:os';

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
}

/** To three digits. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.map((value) => Number(value.toPrecision(3))).sort((a, b) => a - b);
  return { median: sorted[sorted.length >> 1]!, least: sorted[0]!, greatest: sorted.at(-1)! };
}

/** Where it was measured. */
export function machine(): { readonly node: string; readonly cpu: string } {
  return {
    node: process.version,
    cpu: `${cpus().length} x ${cpus()[0]?.model.trim()}, load ${loadavg()[0]!.toFixed(1)}`,
  };
}
