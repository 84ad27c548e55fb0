/** The embedded broker as a process that can be killed: data directory and port. */
import { startBroker } from '@headwater/broker';

const broker = await startBroker({
  dataDir: process.argv[2]!,
  port: Number(process.argv[3]),
  config: {
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 500,
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 200,
  },
});
process.stdout.write(`${broker.bootstrap}\n`);
