/**
 * Our circuit breaker and Resilience4j's on the same random sequences: `npm run conformance -- resilience [--sequences N]
 * [--steps N] [--seed N]`. Skipped, with the reason, where Java or Maven is not there.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import {
  CircuitBreaker,
  type CircuitBreakerConfig,
  type CircuitBreakerState,
  ManualClock,
  ResilienceError,
  seededRandom,
} from '@headwater/resilience';
import { javaProgram } from '../java-program.ts';

const states: readonly CircuitBreakerState[] = [
  'CLOSED',
  'OPEN',
  'HALF_OPEN',
  'DISABLED',
  'FORCED_OPEN',
  'METRICS_ONLY',
];

interface Sequence {
  config: Partial<CircuitBreakerConfig>;
  startMs: number;
  commands: string[];
}

export async function runResilienceSuite(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      sequences: { type: 'string', default: '300' },
      steps: { type: 'string', default: '300' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    },
  });
  const java = await javaProgram(join(import.meta.dirname, 'java'), 'resilience-peer');
  if (typeof java === 'string') {
    console.log(`skipped: ${java}\n0 passed, 0 failed, ${values.sequences} skipped`);
    return 0;
  }
  console.log(`--seed ${values.seed}`);
  const random = seededRandom(Number(values.seed));
  const sequences = Array.from({ length: Number(values.sequences) }, () =>
    randomSequence(random, Number(values.steps)),
  );
  const theirs = await askResilience4j(java.classPath, sequences.flatMap(linesOf));
  let at = 0;
  let failed = 0;
  let transitions = 0;
  for (const [n, sequence] of sequences.entries()) {
    const ours = runHere(sequence);
    const expected = theirs.slice(at, (at += ours.length));
    const difference = ours.findIndex((line, i) => !isSame(line, expected[i] ?? ''));
    for (const [i, line] of expected.entries()) if (i > 0 && stateOf(line) !== stateOf(expected[i - 1]!)) transitions++;
    if (difference === -1) continue;
    failed++;
    console.log(`sequence ${n}: ${JSON.stringify(sequence.config)}`);
    for (let i = Math.max(0, difference - 5); i <= difference; i++)
      console.log(`  ${linesOf(sequence)[i]}\n    Resilience4j: ${expected[i]}\n    here:         ${ours[i]}`);
  }
  console.log(`${theirs.length} commands, ${transitions} changes of state`);
  console.log(`${sequences.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function randomSequence(random: () => number, steps: number): Sequence {
  const upTo = (max: number): number => 1 + Math.floor(random() * max);
  const config: Partial<CircuitBreakerConfig> = {
    slidingWindowType: random() < 0.5 ? 'COUNT_BASED' : 'TIME_BASED',
    slidingWindowSize: upTo(20),
    minimumNumberOfCalls: upTo(25),
    failureRateThreshold: upTo(100),
    slowCallRateThreshold: upTo(100),
    slowCallDurationThresholdMs: 100,
    waitDurationInOpenStateMs: upTo(5_000),
    permittedNumberOfCallsInHalfOpenState: upTo(8),
    ...(random() < 0.4 && {
      enableExponentialBackoff: true,
      exponentialBackoffMultiplier: upTo(3) + 0.5,
      exponentialMaxWaitDurationInOpenStateMs: 20_000,
    }),
  };
  config.exponentialMaxWaitDurationInOpenStateMs &&= Math.max(
    config.exponentialMaxWaitDurationInOpenStateMs,
    config.waitDurationInOpenStateMs!,
  );
  const failureShare = random();
  const isByHand = random() < 0.3;
  const commands: string[] = [];
  let moved: CircuitBreakerState = 'CLOSED';
  for (let step = 0; step < steps; step++) {
    const dice = random();
    if (dice < 0.25) commands.push(`advance ${Math.floor(random() ** 4 * 6_000)}`);
    else if (dice < 0.6) commands.push('acquire');
    else if (dice < 0.62) commands.push('release');
    else if (isByHand && dice < 0.64) {
      const to = states[Math.floor(random() * states.length)]!;
      // Resilience4j divides by zero when a call ends after a move from a state without a window to OPEN.
      if (to === 'OPEN' && (moved === 'FORCED_OPEN' || moved === 'DISABLED')) continue;
      moved = to;
      commands.push(`move ${to}`);
    } else commands.push(`${random() < failureShare ? 'error' : 'success'} ${random() < 0.2 ? 101 : 100}`);
  }
  return { config, startMs: Math.floor(random() * 1e12), commands };
}

function linesOf({ config, startMs, commands }: Sequence): string[] {
  const make = [
    'new',
    startMs,
    config.slidingWindowType,
    config.slidingWindowSize,
    config.minimumNumberOfCalls,
    config.failureRateThreshold,
    config.slowCallRateThreshold,
    config.permittedNumberOfCallsInHalfOpenState,
    config.waitDurationInOpenStateMs,
    config.exponentialBackoffMultiplier ?? 'none',
    config.exponentialMaxWaitDurationInOpenStateMs ?? 'none',
  ];
  return [make.join(' '), ...commands];
}

function runHere({ config, startMs, commands }: Sequence): string[] {
  const clock = new ManualClock(startMs);
  const breaker = new CircuitBreaker('ours', config, { clock });
  const seen = (answer: string): string => {
    const {
      state,
      bufferedCalls,
      failedCalls,
      slowCalls,
      slowFailedCalls,
      notPermittedCalls,
      failureRate,
      slowCallRate,
    } = breaker.snapshot();
    const counts = [bufferedCalls, failedCalls, slowCalls, slowFailedCalls, notPermittedCalls];
    return [answer, state, ...counts, failureRate ?? -1, slowCallRate ?? -1].join(' ');
  };
  return [seen('-'), ...commands.map((command) => seen(apply(breaker, clock, command)))];
}

function apply(breaker: CircuitBreaker, clock: ManualClock, command: string): string {
  const [verb, argument] = command.split(' ') as [string, string];
  if (verb === 'advance') clock.advance(Number(argument));
  else if (verb === 'acquire') return String(breaker.tryAcquirePermission());
  else if (verb === 'release') breaker.releasePermission();
  else if (verb === 'success') breaker.onSuccess(Number(argument));
  else if (verb === 'error') breaker.onError(Number(argument));
  else {
    try {
      breaker.transitionTo(argument as CircuitBreakerState);
    } catch (error) {
      if (!(error instanceof ResilienceError)) throw error;
      return 'refused';
    }
  }
  return '-';
}

/** Resilience4j's rates are floats of 32 bits. */
function isSame(ours: string, theirs: string): boolean {
  const [a, b] = [ours.split(' '), theirs.split(' ')];
  return a.length === b.length && a.every((word, i) => word === b[i] || Math.abs(Number(word) - Number(b[i])) < 1e-4);
}

function stateOf(line: string): string | undefined {
  return line.split(' ')[1];
}

async function askResilience4j(classPath: string, commands: readonly string[]): Promise<string[]> {
  const options = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  const child = spawn('java', [...options, '-cp', classPath, 'headwater.ResiliencePeer'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const done = (async () => {
    for await (const line of createInterface({ input: child.stdout })) lines.push(line);
  })();
  child.stdin.on('error', () => {});
  child.stdin.end(`${commands.join('\n')}\n`);
  await done;
  if (lines.length !== commands.length)
    throw new Error(`Resilience4j answered ${lines.length} of ${commands.length} commands`);
  return lines;
}
