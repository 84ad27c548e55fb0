import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routesThatLead } from './routes-that-lead.ts';

test('without discovery a route to a service that was not started is left out, and told', () => {
  const told: unknown[] = [];
  const logger = { warn: (facts: unknown) => told.push(facts) };
  const routes = [
    { id: 'a', uri: 'lb://Orders' },
    { id: 'b', uri: 'lb://nobody' },
    { id: 'c', uri: 'no://op' },
    { id: 'd', uri: 'http://127.0.0.1:1' },
    { id: 'e', uri: 'lb://orders:80/x' },
  ];
  const led = routesThatLead(routes, ['orders'], logger as never);
  assert.deepEqual(
    led.map(({ id }) => id),
    ['a', 'c', 'd', 'e'],
  );
  assert.deepEqual(told, [{ route: 'b', service: 'nobody' }]);
});
