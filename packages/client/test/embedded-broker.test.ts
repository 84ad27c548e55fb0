/** The suite on the embedded broker. */
import { after, before } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { clusterSuite } from './cluster-suite.ts';

let broker: Broker;
before(async () => {
  broker = await startBroker({
    config: {
      'group.initial.rebalance.delay.ms': 0,
      'group.consumer.min.heartbeat.interval.ms': 50,
      'group.consumer.heartbeat.interval.ms': 50,
      'group.consumer.assignment.interval.ms': 0,
    },
  });
});
after(() => broker.close());

clusterSuite(() => broker.bootstrap, false);
