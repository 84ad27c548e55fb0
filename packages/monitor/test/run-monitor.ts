/** The monitor in a process of its own, for tests that kill it: `run-monitor.ts BOOTSTRAP DATA_DIR`. */
import { startMonitor } from '../index.ts';

const [bootstrap, dataDir] = process.argv.slice(2);
const monitor = await startMonitor({ port: 0, bootstrap: bootstrap!, dataDir: dataDir! });
await monitor.ready();
console.log(monitor.url);
