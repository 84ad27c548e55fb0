import { type Broker, startBroker } from '@headwater/broker';
import { test as base, expect } from 'vitest';
import { type Shop, shop, startInvoicing } from '../service/invoicing.cjs';

/** One fixture a worker, made once; a broker a test, which begins with it: a few milliseconds each. */
const test = base.extend<{ broker: Broker; customer: Shop }, { fixture: Buffer }>({
  fixture: [
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads what a fixture needs from this pattern.
    async ({}, use) => {
      await using broker = await startBroker();
      const customer = await shop(broker.bootstrap);
      await customer.open();
      await customer.order('o-1', 'o-2', 'o-3');
      const fixture = await broker.snapshot();
      await customer.close();
      await use(fixture);
    },
    { scope: 'worker' },
  ],
  broker: async ({ fixture }, use) => {
    await using broker = await startBroker({ snapshot: fixture });
    await use(broker);
  },
  customer: async ({ broker }, use) => {
    const customer = await shop(broker.bootstrap);
    await use(customer);
    await customer.close();
  },
});

const ids = (invoices: { id: string }[]) => [...new Set(invoices.map(({ id }) => id))];

test('every order that was there gets its invoice', async ({ broker, customer }) => {
  const service = await startInvoicing(broker);
  expect(ids(await customer.invoices(3))).toEqual(['o-1', 'o-2', 'o-3']);
  await service.stop();
});

test('a write that is refused once is tried again', async ({ broker, customer }) => {
  const match = { api: 'Produce', topic: 'invoices' };
  const fault = broker.faults.add({ kind: 'error', error: 'NOT_ENOUGH_REPLICAS', match, times: 1 });
  const service = await startInvoicing(broker);
  expect(ids(await customer.invoices(3))).toEqual(['o-1', 'o-2', 'o-3']);
  expect(fault.hits).toBe(1);
  await service.stop();
});

test('the broker is killed and comes back: the service goes on', async ({ broker, customer }) => {
  const service = await startInvoicing(broker);
  await customer.invoices(3);
  await broker.restart({ crash: true });
  await customer.order('o-4');
  expect(ids(await customer.invoices(4))).toContain('o-4');
  await service.stop();
});

test('a worker that hangs loses its orders when its session is over', async ({ broker, customer }) => {
  const first = await startInvoicing({ bootstrap: broker.bootstrap, name: 'first' });
  await customer.invoices(3);
  const hang = broker.faults.add({ kind: 'stall', match: { clientId: 'first' } });
  await hang.untilHits();
  const starting = startInvoicing({ bootstrap: broker.bootstrap, name: 'second' });
  await broker.clock.advance(10_001);
  const second = await starting;
  await customer.order('o-4');
  expect((await customer.invoices(4)).find(({ id }) => id === 'o-4')?.by).toBe('second');
  hang.remove();
  await Promise.all([first.stop(), second.stop()]);
});
