import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseApplications } from './eureka-instance.ts';
import { InstanceTable } from './instance-table.ts';

/** As Spring's server answers. */
function instance(app: string, id: string, status = 'UP', more: Record<string, unknown> = {}) {
  return {
    instanceId: id,
    hostName: '127.0.0.1',
    app: app.toUpperCase(),
    ipAddr: '127.0.0.1',
    status,
    port: { $: 8090, '@enabled': 'true' },
    securePort: { $: 443, '@enabled': 'false' },
    metadata: { zone: 'a' },
    vipAddress: app,
    secureVipAddress: app,
    lastUpdatedTimestamp: '1795276115226',
    actionType: 'ADDED',
    ...more,
  };
}

function document(hash: string, applications: Record<string, unknown[]>) {
  return JSON.stringify({
    applications: {
      versions__delta: '1',
      apps__hashcode: hash,
      application: Object.entries(applications).map(([name, list]) => ({ name, instance: list })),
    },
  });
}

const entriesOf = (body: string) => parseApplications(body).entries;

test('an instance is known by its name in any case and by its virtual address, and only those that are UP', () => {
  const table = new InstanceTable();
  const body = document('DOWN_1_UP_2_', {
    ORDERS: [instance('orders', 'a'), instance('orders', 'b', 'DOWN')],
    BILLING: [
      instance('billing', 'c', 'UP', {
        vipAddress: 'invoices',
        port: { $: 80, '@enabled': 'false' },
        securePort: { $: '8443', '@enabled': true },
      }),
    ],
  });
  assert.deepEqual([...table.replace(entriesOf(body).map((entry) => entry.instance))].sort(), [
    'billing',
    'invoices',
    'orders',
  ]);
  assert.deepEqual(
    table.up('OrDers').map(({ instanceId }) => instanceId),
    ['a'],
  );
  assert.deepEqual(
    table.all('orders').map(({ status }) => status),
    ['UP', 'DOWN'],
  );
  assert.equal(table.up('invoices')[0]!.url, 'https://127.0.0.1:8443');
  assert.equal(table.hashCode(), parseApplications(body).hashCode);
  assert.equal(table.up('orders'), table.up('orders'), 'the same list until something changes');
});

test('a delta is applied, twice without effect, and the hash code tells whether it was all', () => {
  const table = new InstanceTable();
  table.replace(
    entriesOf(document('', { ORDERS: [instance('orders', 'a'), instance('orders', 'b')] })).map(
      (entry) => entry.instance,
    ),
  );
  const before = table.up('orders')[0];
  const delta = entriesOf(
    document('', {
      ORDERS: [instance('orders', 'b', 'UP', { actionType: 'DELETED' }), instance('orders', 'c', 'STARTING')],
    }),
  );
  assert.deepEqual([...table.apply(delta)], ['orders']);
  assert.equal(table.hashCode(), 'STARTING_1_UP_1_');
  assert.equal(table.up('orders')[0], before, 'what did not change stays the same object');
  assert.equal(table.apply(delta).size, 0);
  assert.equal(table.replace(table.all('orders')).size, 0);
});

test('answers of other writers are understood: single elements without a list, bare ports, numbers as text', () => {
  const body = JSON.stringify({
    applications: {
      apps__hashcode: 'UP_1_',
      application: {
        name: 'PY',
        instance: { app: 'PY', hostName: 'h', status: 'UP', port: '9000', metadata: { '@class': 'x', n: 1 } },
      },
    },
  });
  const [entry] = entriesOf(body);
  assert.equal(entry!.instance.url, 'http://h:9000');
  assert.deepEqual(entry!.instance.metadata, { n: '1' });
  assert.throws(() => parseApplications('{"hello":1}'), /is this address a Eureka server/);
  assert.equal(parseApplications(document('', { X: [{ status: 'UP' }] })).skipped, 1);
});
