import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { type Shop, shop, startInvoicing } from '../service/invoicing.cjs';

let broker: Broker;
let customer: Shop;
let fixture: Buffer;

/** One broker a file: node:test runs each file in a process of its own. The fixture is what each test begins with. */
before(async () => {
  broker = await startBroker();
  customer = await shop(broker.bootstrap);
  await customer.open();
  await customer.order('o-1', 'o-2', 'o-3');
  fixture = await broker.snapshot();
});
after(async () => {
  await customer.close();
  await broker.close();
});

const ids = (invoices: { id: string }[]) => invoices.map(({ id }) => id);

test('every order that was there gets its invoice', async () => {
  const service = await startInvoicing(broker);
  assert.deepEqual(ids(await customer.invoices(3)), ['o-1', 'o-2', 'o-3']);
  await service.stop();
});

test('a write that is refused once is tried again', async () => {
  await broker.restore(fixture);
  using fault = broker.faults.add({
    kind: 'error',
    error: 'NOT_LEADER_OR_FOLLOWER',
    match: { api: 'Produce', topic: 'invoices' },
    times: 1,
  });
  const service = await startInvoicing(broker);
  const invoices = await customer.invoices(3);
  assert.deepEqual([...new Set(ids(invoices))].sort(), ['o-1', 'o-2', 'o-3']);
  assert.equal(fault.hits, 1);
  await service.stop();
});

test('an answer that is lost makes no order without an invoice', async () => {
  await broker.restore(fixture);
  const match = { api: 'Produce', topic: 'invoices' };
  using fault = broker.faults.add({ kind: 'disconnect', when: 'after', match, times: 1 });
  const service = await startInvoicing(broker);
  // At least once: what was written and not confirmed is written again.
  const invoices = await customer.invoices(4);
  assert.deepEqual([...new Set(ids(invoices))], ['o-1', 'o-2', 'o-3']);
  assert.equal(fault.hits, 1);
  await service.stop();
});

test('a worker that hangs loses its orders to another one when its session is over', async () => {
  await broker.restore(fixture);
  const first = await startInvoicing({ bootstrap: broker.bootstrap, name: 'first' });
  await customer.invoices(3);
  // Nothing that it sends is answered any more: as a process that is stopped, or a network that is cut.
  const hang = broker.faults.add({ kind: 'stall', match: { clientId: 'first' } });
  await hang.untilHits();
  const starting = startInvoicing({ bootstrap: broker.bootstrap, name: 'second' });
  await broker.clock.advance(10_001);
  const second = await starting;
  await customer.order('o-4');
  const last = (await customer.invoices(4)).find(({ id }) => id === 'o-4');
  assert.equal(last?.by, 'second');
  hang.remove();
  await Promise.all([first.stop(), second.stop()]);
});

test('a rebalance in the middle loses nothing', async () => {
  await broker.restore(fixture);
  const service = await startInvoicing(broker);
  await customer.invoices(3);
  const before = service.joins();
  broker.rebalance('invoicing');
  await customer.order('o-4', 'o-5');
  const invoices = await customer.invoices(5);
  assert.deepEqual([...new Set(ids(invoices))], ['o-1', 'o-2', 'o-3', 'o-4', 'o-5']);
  while (service.joins() === before) await new Promise((resolve) => setTimeout(resolve, 10));
  await service.stop();
});
