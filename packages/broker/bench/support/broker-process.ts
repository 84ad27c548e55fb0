/** A broker in a process of its own, so that its CPU time and memory can be told apart. Called as: broker-process.ts [DATA_DIR] */
import { startBroker } from '../../index.ts';

const [dataDir] = process.argv.slice(2);
const broker = await startBroker(dataDir === undefined ? {} : { dataDir });
console.log(JSON.stringify({ bootstrap: broker.bootstrap, pid: process.pid }));
process.once('SIGTERM', () => void broker.close());
