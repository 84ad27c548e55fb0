/** Runs a function until it is warm, then in short rounds, and prints the median and the spread as a line of JSON. */
import { cpus } from 'node:os';

const ROUNDS = 15;
const ROUND_MS = 60;

export function measure(
  name: string,
  operation: () => void,
  perOperation: { bytes?: number; records?: number } = {},
): void {
  let perCall = 1;
  for (const warmUpUntilMs = performance.now() + 300; performance.now() < warmUpUntilMs; ) operation();
  for (;;) {
    const startedMs = performance.now();
    for (let n = 0; n < perCall; n++) operation();
    if (performance.now() - startedMs > 2) break;
    perCall *= 2;
  }
  const nanoseconds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const startedMs = performance.now();
    let calls = 0;
    while (performance.now() - startedMs < ROUND_MS) {
      for (let n = 0; n < perCall; n++) operation();
      calls += perCall;
    }
    nanoseconds.push(((performance.now() - startedMs) * 1e6) / calls);
  }
  nanoseconds.sort((a, b) => a - b);
  const median = nanoseconds[Math.floor(ROUNDS / 2)]!;
  const line = {
    bench: name,
    nsPerOperation: round(median),
    nsLowest: round(nanoseconds[0]!),
    nsHighest: round(nanoseconds.at(-1)!),
    ...(perOperation.bytes === undefined ? {} : { mbPerSecond: round((perOperation.bytes / median) * 1000) }),
    ...(perOperation.records === undefined
      ? {}
      : { recordsPerSecond: Math.round((perOperation.records / median) * 1e9) }),
    node: process.version,
    cpu: cpus()[0]?.model.trim(),
  };
  console.log(JSON.stringify(line));
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
