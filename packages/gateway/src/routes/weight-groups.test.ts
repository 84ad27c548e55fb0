import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RouteRequest } from './route-request.ts';
import { RouteTable } from './route-table.ts';
import { WeightGroups } from './weight-groups.ts';

test('each request gets one route of a group, by weight, whatever the order in which they are asked', () => {
  const requests = 1_000;
  let at = 0;
  const groups = new WeightGroups(() => at++ / requests);
  groups.add('g', 'a', 8);
  groups.add('g', 'b', 2);
  groups.add('g', 'never', 0);
  const counts = { a: 0, b: 0, never: 0 };
  for (let i = 0; i < requests; i++) {
    const request = new RouteRequest('GET', '/', '', {}, '127.0.0.1');
    for (const route of ['never', 'b', 'a', 'b'] as const) if (groups.isChosen(request, 'g', route)) counts[route]++;
  }
  assert.deepEqual(counts, { a: 800, b: 400, never: 0 }, 'b is asked twice for each request');
});

test('a route that is not enabled has no share', () => {
  const route = (id: string, weight: number, enabled: boolean) => ({
    id,
    uri: 'http://127.0.0.1:1',
    predicates: ['Path=/**', `Weight=g,${weight}`],
    enabled,
  });
  const table = new RouteTable([route('a', 1, true), route('b', 1_000, false)], { instances: {} });
  for (let i = 0; i < 100; i++)
    assert.equal(table.find(new RouteRequest('GET', '/', '', {}, '127.0.0.1'))?.route.id, 'a');
});
