import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDurationMs } from './duration.ts';
import { readCircuitBreakerConfig, readCircuitBreakerConfigs } from './spring-properties.ts';

test('durations as Spring binds them', () => {
  for (const [text, ms] of [
    ['10s', 10_000],
    ['500ms', 500],
    ['250', 250],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['PT1M30S', 90_000],
    ['PT0.5S', 500],
    ['P1DT1H', 90_000_000],
  ] as const)
    assert.equal(parseDurationMs(text), ms, text);
  for (const text of ['', 'P', 'PT', 'ten', '10 x', '1.5s']) assert.equal(parseDurationMs(text), undefined, text);
});

test('settings of Resilience4j in any spelling', () => {
  assert.deepEqual(
    readCircuitBreakerConfig('a', {
      'failure-rate-threshold': '40',
      waitDurationInOpenState: '10s',
      SLIDING_WINDOW_TYPE: 'time_based',
      'automatic-transition-from-open-to-half-open-enabled': 'true',
      registerHealthIndicator: true,
      'record-exceptions[0]': 'java.io.IOException',
    }),
    {
      failureRateThreshold: 40,
      waitDurationInOpenStateMs: 10_000,
      slidingWindowType: 'TIME_BASED',
      automaticTransitionFromOpenToHalfOpenEnabled: true,
    },
  );
  for (const [key, value] of [
    ['failureRate', 1],
    ['slidingWindowSize', 'x'],
    ['slidingWindowSize', ''],
    ['waitDurationInOpenState', 'soon'],
    ['enableRandomizedWait', 'yes'],
    ['failureRateThreshold', 0],
  ] as const)
    assert.throws(() => readCircuitBreakerConfig('a', { [key]: value }), {
      code: 'HW_RESILIENCE_CONFIG',
      message: new RegExp(`"a": .*${key}`),
    });
});

test('flattened keys: instances over their base over the default', () => {
  const flat = {
    'resilience4j.circuitbreaker.configs.default.slidingWindowSize': 20,
    'resilience4j.circuitbreaker.configs.slow.slow-call-duration-threshold': '2s',
    'resilience4j.circuitbreaker.configs.slow.slidingWindowSize': 30,
    'resilience4j.circuitbreaker.instances.orders.base-config': 'slow',
    'resilience4j.circuitbreaker.instances.orders.failure-rate-threshold': 30,
    'resilience4j.circuitbreaker.instances[a.b].failureRateThreshold': 1,
    'resilience4j.circuitbreaker.instances.[c.d].failureRateThreshold': 10,
    'spring.application.name': 'x',
  };
  const configs = readCircuitBreakerConfigs(flat);
  assert.deepEqual(configs.of('orders'), {
    slidingWindowSize: 30,
    slowCallDurationThresholdMs: 2_000,
    failureRateThreshold: 30,
  });
  assert.deepEqual(configs.of('unknown'), { slidingWindowSize: 20 });
  assert.equal(configs.of('a.b').failureRateThreshold, 1);
  assert.equal(configs.of('c.d').failureRateThreshold, 10);
  assert.throws(
    () => readCircuitBreakerConfigs({ 'resilience4j.circuitbreaker.instances.x.base-config': 'none' }),
    /base-config "none" is not there/,
  );
});
