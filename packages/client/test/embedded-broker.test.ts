/** The suite on the embedded broker. */
import { after, before } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { clusterSuite } from './cluster-suite.ts';

let broker: Broker;
before(async () => {
  broker = await startBroker();
});
after(() => broker.close());

clusterSuite(() => broker.bootstrap, false);
