const { startBroker } = require('@headwater/broker');
const { shop, startInvoicing } = require('../service/invoicing.cjs');

let broker;
let customer;
let fixture;

/** One broker a file; Jest runs files in workers of their own, so they do not meet. */
beforeAll(async () => {
  broker = await startBroker();
  customer = await shop(broker.bootstrap);
  await customer.open();
  await customer.order('o-1', 'o-2', 'o-3');
  fixture = await broker.snapshot();
});
beforeEach(() => broker.restore(fixture));
afterEach(() => broker.faults.removeAll());
afterAll(async () => {
  await customer.close();
  await broker.close();
});

const ids = (invoices) => [...new Set(invoices.map(({ id }) => id))];

test('every order that was there gets its invoice', async () => {
  const service = await startInvoicing(broker);
  expect(ids(await customer.invoices(3))).toEqual(['o-1', 'o-2', 'o-3']);
  await service.stop();
});

test('a write that is refused once is tried again', async () => {
  const match = { api: 'Produce', topic: 'invoices' };
  const fault = broker.faults.add({ kind: 'error', error: 'NOT_LEADER_OR_FOLLOWER', match, times: 1 });
  const service = await startInvoicing(broker);
  expect(ids(await customer.invoices(3))).toEqual(['o-1', 'o-2', 'o-3']);
  expect(fault.hits).toBe(1);
  await service.stop();
});

test('a worker that hangs loses its orders when its session is over', async () => {
  const first = await startInvoicing({ bootstrap: broker.bootstrap, name: 'first' });
  await customer.invoices(3);
  const hang = broker.faults.add({ kind: 'stall', match: { clientId: 'first' } });
  await hang.untilHits();
  const starting = startInvoicing({ bootstrap: broker.bootstrap, name: 'second' });
  await broker.clock.advance(10_001);
  const second = await starting;
  await customer.order('o-4');
  const last = (await customer.invoices(4)).find(({ id }) => id === 'o-4');
  expect(last.by).toBe('second');
  hang.remove();
  await Promise.all([first.stop(), second.stop()]);
});
