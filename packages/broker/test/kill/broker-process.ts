/** A broker in a process of its own, to be killed. Called as: broker-process.ts DATA_DIR PORT CONFIG_JSON; prints its address when it is up. */
import { startBroker } from '../../index.ts';

const [dataDir, port, config] = process.argv.slice(2) as [string, string, string];
const broker = await startBroker({ dataDir, port: Number(port), config: JSON.parse(config) });
const { findings, isClean } = broker.recovery;
console.log(JSON.stringify({ bootstrap: broker.bootstrap, isClean, findings: findings.map(({ kind }) => kind) }));
process.once('SIGTERM', () => void broker.close());
