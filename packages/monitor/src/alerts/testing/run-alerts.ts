/** Alerting in a process of its own, for tests that kill it: `run-alerts.ts BOOTSTRAP ALERTS_YAML`. */
import { openAlerts } from '../open-alerts.ts';

const [bootstrap, file] = process.argv.slice(2);
const alerting = await openAlerts({ bootstrap: bootstrap!, config: { file: file! } });
await alerting.ready();
console.log('ready');
setInterval(() => {}, 60_000);
