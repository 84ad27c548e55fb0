/** A broker in a process of its own, to be killed. Called as: broker-process.ts DATA_DIR PORT; prints its address when it is up. */
import { startBroker } from '@headwater/broker';

const [dataDir, port] = process.argv.slice(2) as [string, string];
const started = performance.now();
const broker = await startBroker({ dataDir, port: Number(port) });
const { findings } = broker.recovery;
console.log(
  JSON.stringify({ bootstrap: broker.bootstrap, startMs: performance.now() - started, findings: findings.length }),
);
process.once('SIGTERM', () => void broker.close());
