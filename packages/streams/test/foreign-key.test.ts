/** Foreign-key joins on the embedded broker. */
import { after, before } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { foreignKeySuite } from './foreign-key-suite.ts';

let broker: Broker;
before(async () => {
  broker = await startBroker({ config: { 'group.initial.rebalance.delay.ms': 0 } });
});
after(() => broker.close());

foreignKeySuite('embedded broker', { bootstrap: () => broker.bootstrap });
