import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfiguredGateway } from './route-properties.ts';

const read = (root: Record<string, unknown>) =>
  readConfiguredGateway((prefix) =>
    prefix.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], root),
  );

test('routes under the names of Spring, the newer first; text becomes numbers and flags', () => {
  const route = { id: 'a', uri: 'http://a', predicates: { 0: 'Path=/a' }, order: '3', enabled: 'false' };
  const old = { spring: { cloud: { gateway: { routes: [route] } } } };
  assert.deepEqual(read(old).routes, [{ ...route, predicates: ['Path=/a'], order: 3, enabled: false }]);
  const both = { spring: { cloud: { gateway: { routes: [route], server: { webflux: { routes: [{ id: 'b' }] } } } } } };
  assert.deepEqual(read(both).routes, [{ id: 'b' }]);
  assert.deepEqual(read({ gateway: { routes: { 0: { id: 'c' } } } }).routes, [{ id: 'c' }]);
  assert.deepEqual(read({}), { routes: [], circuitBreakers: {}, properties: {} });
});

test('breakers by either name', () => {
  const { circuitBreakers, properties } = read({
    gateway: { circuitbreakers: { b: { slidingWindowSize: 3 } } },
    resilience4j: { circuitbreaker: { instances: { 'a.b': { failureRateThreshold: 5 } } } },
  });
  assert.deepEqual(circuitBreakers, { b: { slidingWindowSize: 3 } });
  assert.deepEqual(properties, { 'resilience4j.circuitbreaker.instances.[a.b].failureRateThreshold': 5 });
});
