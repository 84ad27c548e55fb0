/** A service in TypeScript, with the SDK: it is registered, has /health and /metrics, and writes JSON lines without a word about it here. */
import { setTimeout as wait } from 'node:timers/promises';
import { createService } from '@headwater/service';

const { INSTANCE = 'orders', MONITOR_URL = 'http://127.0.0.1:9093', PORT = '8191', STEPS = 'rest' } = process.env;
const service = await createService({ name: 'orders', port: Number(PORT) });
let isUp = true;
service.health('script', () => ({ status: isUp ? 'UP' : 'DOWN' }));
service.route('GET /orders', { summary: 'Orders of today' }, () => ({ orders: [] }));

/** Until the monitor has taken it: what happened is counted, also when it is away for a while. */
async function tell(path: string, body: object): Promise<void> {
  for (;;) {
    const answer = await fetch(MONITOR_URL + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) return;
    await wait(200);
  }
}

async function play(): Promise<void> {
  for (const step of STEPS.split(' ')) {
    const [word, value = ''] = step.split(':');
    if (word === 'trigger') await tell('/triggers', { service: 'orders', instance: INSTANCE, trigger: value });
    if (word === 'notify')
      await tell('/notify', { service: 'orders', severity: value, title: `Orders are about to end (${value})` });
    if (word === 'log')
      service.log[value === 'ERROR' ? 'error' : value === 'WARN' ? 'warn' : 'info']({ step }, 'by script');
    if (word === 'wait') await wait(Number(value));
    if (word === 'down' || word === 'up') isUp = word === 'up';
    if (word === 'kill') process.kill(process.pid, 'SIGKILL');
    if (word === 'exit') process.exit(Number(value));
  }
}

// A parent that was killed takes its services with it.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && process.exit(1), 500).unref();
void play();
await service.run();
