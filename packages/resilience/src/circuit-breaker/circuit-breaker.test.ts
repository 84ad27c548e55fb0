import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock, seededRandom } from '../clock.ts';
import { ResilienceError } from '../resilience-error.ts';
import { CircuitBreaker, type CircuitBreakerState, type CircuitBreakerTransition } from './circuit-breaker.ts';
import type { CircuitBreakerConfig } from './circuit-breaker-config.ts';

function breaker(config: Partial<CircuitBreakerConfig>) {
  const clock = new ManualClock(1_000_000);
  const transitions: CircuitBreakerTransition[] = [];
  const made = new CircuitBreaker('b', config, { clock, onTransition: (transition) => transitions.push(transition) });
  return { breaker: made, clock, transitions, states: () => transitions.map(({ to }) => to) };
}

function end(target: CircuitBreaker, ends: string): void {
  for (const each of ends) {
    assert.ok(target.tryAcquirePermission(), `a call is let through in ${target.state}`);
    if (each === '+') target.onSuccess(1);
    else if (each === '-') target.onError(1);
    else target.onSuccess(60_001);
  }
}

test('opens at the threshold, not before the minimum of calls', () => {
  const { breaker: b, transitions } = breaker({ slidingWindowSize: 10, minimumNumberOfCalls: 4 });
  end(b, '---');
  assert.equal(b.state, 'CLOSED');
  assert.equal(b.snapshot().failureRate, null);
  end(b, '-');
  assert.equal(b.state, 'OPEN');
  assert.equal(transitions[0]?.reason, '4 of 4 calls failed (100 %, threshold 50 %)');
  assert.ok(!b.tryAcquirePermission());
  assert.equal(b.snapshot().notPermittedCalls, 1);
  assert.equal(b.snapshot().retryAtMs, 1_060_000);
});

test('the defaults are those of Resilience4j', () => {
  const { breaker: b } = breaker({});
  end(b, '-'.repeat(99));
  assert.equal(b.state, 'CLOSED');
  end(b, '-');
  assert.equal(b.state, 'OPEN');
  const { breaker: half } = breaker({});
  end(half, '-+'.repeat(49));
  assert.equal(half.state, 'CLOSED');
  end(half, '+-');
  assert.equal(half.state, 'OPEN', '50 of 100');
});

test('a call falls out of a full window', () => {
  const { breaker: b } = breaker({ slidingWindowSize: 4, minimumNumberOfCalls: 4, failureRateThreshold: 75 });
  end(b, '--+++++-');
  assert.deepEqual([b.snapshot().bufferedCalls, b.snapshot().failedCalls], [4, 1]);
  end(b, '--');
  assert.equal(b.state, 'OPEN');
});

test('slow calls open too', () => {
  const { breaker: b, transitions } = breaker({
    slidingWindowSize: 4,
    minimumNumberOfCalls: 2,
    slowCallRateThreshold: 50,
  });
  end(b, '+');
  b.onSuccess(60_000);
  assert.equal(b.state, 'CLOSED', 'exactly the threshold is not slow');
  end(b, 'ss');
  assert.equal(b.state, 'OPEN');
  assert.equal(transitions[0]?.reason, '2 of 4 calls were slow (50 %, threshold 50 %)');
});

test('a time-based window forgets whole seconds', () => {
  const { breaker: b, clock } = breaker({
    slidingWindowType: 'TIME_BASED',
    slidingWindowSize: 3,
    minimumNumberOfCalls: 5,
  });
  end(b, '----');
  clock.advance(2_999);
  assert.equal(b.snapshot().bufferedCalls, 4);
  clock.advance(1);
  assert.equal(b.snapshot().bufferedCalls, 0);
  end(b, '----');
  clock.advance(100_000);
  end(b, '-');
  assert.equal(b.state, 'CLOSED');
  end(b, '----');
  assert.equal(b.state, 'OPEN');
});

test('half-open lets so many calls through, and decides by their rates', () => {
  const {
    breaker: b,
    clock,
    states,
  } = breaker({
    slidingWindowSize: 2,
    minimumNumberOfCalls: 2,
    permittedNumberOfCallsInHalfOpenState: 3,
    waitDurationInOpenStateMs: 1_000,
  });
  end(b, '--');
  clock.advance(1_000);
  assert.ok(!b.tryAcquirePermission(), 'only after the wait');
  clock.advance(1);
  assert.equal(b.state, 'OPEN', 'without the automatic transition a call is needed');
  assert.ok(b.tryAcquirePermission());
  assert.equal(b.state, 'HALF_OPEN');
  assert.ok(b.tryAcquirePermission());
  assert.ok(b.tryAcquirePermission());
  assert.ok(!b.tryAcquirePermission());
  b.releasePermission();
  assert.ok(b.tryAcquirePermission(), 'a permission given back is used again');
  b.onError(1);
  b.onError(1);
  assert.equal(b.state, 'OPEN');
  clock.advance(1_001);
  end(b, '++');
  assert.equal(b.state, 'CLOSED');
  assert.deepEqual(states(), ['OPEN', 'HALF_OPEN', 'OPEN', 'HALF_OPEN', 'CLOSED']);
});

test('time alone: automatic half-open, and the longest stay in it', () => {
  const { breaker: b, clock } = breaker({
    slidingWindowSize: 1,
    minimumNumberOfCalls: 1,
    automaticTransitionFromOpenToHalfOpenEnabled: true,
    waitDurationInOpenStateMs: 1_000,
    maxWaitDurationInHalfOpenStateMs: 500,
  });
  end(b, '-');
  clock.advance(1_000);
  assert.equal(b.state, 'HALF_OPEN');
  clock.advance(499);
  assert.equal(b.state, 'HALF_OPEN');
  clock.advance(1);
  assert.equal(b.state, 'OPEN');
  assert.equal(b.snapshot().attempts, 2);
});

test('the wait grows with each opening, up to its bound, and starts anew after a close', () => {
  const { breaker: b, clock } = breaker({
    slidingWindowSize: 1,
    minimumNumberOfCalls: 1,
    permittedNumberOfCallsInHalfOpenState: 1,
    waitDurationInOpenStateMs: 1_000,
    enableExponentialBackoff: true,
    exponentialBackoffMultiplier: 2,
    exponentialMaxWaitDurationInOpenStateMs: 3_000,
  });
  const waits: number[] = [];
  for (const result of '----+-') {
    assert.ok(b.tryAcquirePermission());
    if (result === '+') b.onSuccess(1);
    else {
      b.onError(1);
      const waitMs = b.snapshot().retryAtMs! - clock.nowMs();
      waits.push(waitMs);
      clock.advance(waitMs + 1);
    }
  }
  assert.deepEqual(waits, [1_000, 2_000, 3_000, 3_000, 1_000]);
});

test('by hand: forced open, disabled, metrics only, reset', () => {
  const { breaker: b, transitions } = breaker({ slidingWindowSize: 2, minimumNumberOfCalls: 1 });
  b.transitionTo('FORCED_OPEN', 'an operator');
  assert.ok(!b.tryAcquirePermission());
  b.onError(1);
  assert.equal(b.snapshot().bufferedCalls, 0);
  b.transitionTo('DISABLED');
  end(b, '---');
  assert.equal(b.snapshot().bufferedCalls, 0);
  b.transitionTo('METRICS_ONLY');
  end(b, '---');
  assert.deepEqual([b.state, b.snapshot().failureRate], ['METRICS_ONLY', 100]);
  assert.throws(() => b.transitionTo('OPEN'), { code: 'HW_RESILIENCE_TRANSITION' });
  b.reset();
  assert.throws(() => b.transitionTo('HALF_OPEN'), ResilienceError);
  b.transitionTo('OPEN');
  assert.equal(transitions[0]?.reason, 'an operator');
  assert.equal(b.state, 'OPEN');
});

test('settings out of their range are refused by name', () => {
  for (const config of [
    { failureRateThreshold: 0 },
    { failureRateThreshold: 101 },
    { slidingWindowSize: 1.5 },
    { slidingWindowSize: 1e9 },
    { minimumNumberOfCalls: 0 },
    { waitDurationInOpenStateMs: 0 },
    { slidingWindowType: 'SIZED' },
    { failureRate: 3 },
  ])
    assert.throws(() => new CircuitBreaker('x', config as never), {
      code: 'HW_RESILIENCE_CONFIG',
      message: new RegExp(Object.keys(config)[0]!),
    });
});

/** The definitions, written down as plainly as they read: every call is kept, every window counted from the start. */
class Model {
  state: CircuitBreakerState = 'CLOSED';
  readonly #config: CircuitBreakerConfig;
  #calls: { second: number; isFailed: boolean; isSlow: boolean }[] = [];
  #permits = 0;
  #openedMs = 0;

  constructor(config: CircuitBreakerConfig) {
    this.#config = config;
  }

  mayCall(nowMs: number): boolean {
    if (this.state === 'CLOSED') return true;
    if (this.state === 'OPEN' && nowMs > this.#openedMs + this.#config.waitDurationInOpenStateMs) {
      this.state = 'HALF_OPEN';
      this.#permits = this.#config.permittedNumberOfCallsInHalfOpenState;
      this.#calls = [];
    }
    if (this.state === 'OPEN' || this.#permits === 0) return false;
    this.#permits--;
    return true;
  }

  ended(isFailed: boolean, durationMs: number, nowMs: number): void {
    const second = Math.floor(nowMs / 1_000);
    this.#calls.push({ second, isFailed, isSlow: durationMs > this.#config.slowCallDurationThresholdMs });
    if (this.state === 'OPEN') return;
    const { slidingWindowType, slidingWindowSize, permittedNumberOfCallsInHalfOpenState } = this.#config;
    const isByTime = this.state === 'CLOSED' && slidingWindowType === 'TIME_BASED';
    const size = this.state === 'CLOSED' ? slidingWindowSize : permittedNumberOfCallsInHalfOpenState;
    const counted = isByTime
      ? this.#calls.filter((call) => call.second > second - slidingWindowSize)
      : this.#calls.slice(-size);
    const minimum = isByTime ? this.#config.minimumNumberOfCalls : Math.min(this.#config.minimumNumberOfCalls, size);
    if (counted.length < minimum) return;
    const share = (test: (call: (typeof counted)[number]) => boolean): number =>
      (counted.filter(test).length * 100) / counted.length;
    if (
      share((call) => call.isFailed) >= this.#config.failureRateThreshold ||
      share((call) => call.isSlow) >= this.#config.slowCallRateThreshold
    ) {
      this.state = 'OPEN';
      this.#openedMs = nowMs;
    } else if (this.state === 'HALF_OPEN') {
      this.state = 'CLOSED';
      this.#calls = [];
    }
  }
}

test('random calls: the same decisions as the definitions', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  console.log(`SEED=${seed}`);
  const random = seededRandom(seed);
  const upTo = (max: number): number => 1 + Math.floor(random() * max);
  for (let round = 0; round < 60; round++) {
    const { breaker: b, clock } = breaker({
      slidingWindowType: random() < 0.5 ? 'COUNT_BASED' : 'TIME_BASED',
      slidingWindowSize: upTo(12),
      minimumNumberOfCalls: upTo(15),
      failureRateThreshold: upTo(100),
      slowCallRateThreshold: upTo(100),
      slowCallDurationThresholdMs: 100,
      waitDurationInOpenStateMs: upTo(5_000),
      permittedNumberOfCallsInHalfOpenState: upTo(6),
    });
    const model = new Model(b.config);
    const failureShare = random();
    let underWay = 0;
    for (let step = 0; step < 400; step++) {
      clock.advance(Math.floor(random() ** 4 * 3_000));
      if (underWay > 0 && random() < 0.5) {
        underWay--;
        const durationMs = random() < 0.2 ? 101 : 100;
        const isFailed = random() < failureShare;
        if (isFailed) b.onError(durationMs);
        else b.onSuccess(durationMs);
        model.ended(isFailed, durationMs, clock.nowMs());
      } else {
        const mayCall = b.tryAcquirePermission();
        assert.equal(mayCall, model.mayCall(clock.nowMs()), `round ${round}, step ${step}`);
        if (mayCall) underWay++;
      }
      assert.equal(b.state, model.state, `round ${round}, step ${step}`);
    }
  }
});
