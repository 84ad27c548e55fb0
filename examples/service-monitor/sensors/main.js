// A service in plain Node, without an SDK: node:http and fetch. It registers itself by Eureka's REST API.
import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

const { EUREKA_URL, INSTANCE, MONITOR_URL, PORT = '8192', STEPS = 'rest' } = process.env;
let isUp = true;

createServer((request, response) => {
  const status = request.url?.startsWith('/health') ? (isUp ? 200 : 503) : 404;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ status: isUp ? 'UP' : 'DOWN' }));
}).listen(Number(PORT), '127.0.0.1');

async function send(method, url, body) {
  const answer = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }).catch(() => undefined);
  await answer?.arrayBuffer();
  return answer?.ok === true;
}

async function until(done) {
  while (!(await done())) await wait(200);
}

const instance = {
  instanceId: INSTANCE,
  app: 'SENSORS',
  vipAddress: 'sensors',
  hostName: '127.0.0.1',
  ipAddr: '127.0.0.1',
  status: 'UP',
  port: { $: Number(PORT), '@enabled': 'true' },
  healthCheckUrl: `http://127.0.0.1:${PORT}/health`,
  dataCenterInfo: { '@class': 'com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo', name: 'MyOwn' },
  leaseInfo: { renewalIntervalInSecs: 5, durationInSecs: 15 },
  metadata: { pid: String(process.pid), started: String(Date.now()) },
};
const register = () => send('POST', `${EUREKA_URL}/apps/SENSORS`, { instance });
if (EUREKA_URL) {
  void until(register);
  // A registry that does not know it any more is told again.
  setInterval(async () => (await send('PUT', `${EUREKA_URL}/apps/SENSORS/${INSTANCE}`)) || register(), 5_000).unref();
}
process.on('SIGTERM', async () => {
  if (EUREKA_URL) await send('DELETE', `${EUREKA_URL}/apps/SENSORS/${INSTANCE}`);
  process.exit(0);
});
const parent = process.ppid;
setInterval(() => process.ppid !== parent && process.exit(1), 500).unref();

for (const step of STEPS.split(' ')) {
  const [word, value] = step.split(':');
  if (word === 'trigger')
    await until(() =>
      send('POST', `${MONITOR_URL}/triggers`, { service: 'sensors', instance: INSTANCE, trigger: value }),
    );
  if (word === 'notify')
    await until(() =>
      send('POST', `${MONITOR_URL}/notify`, { service: 'sensors', severity: value, title: 'Sensors are about to end' }),
    );
  if (word === 'log') console.log(JSON.stringify({ level: value, service: 'sensors', message: 'a reading by script' }));
  if (word === 'wait') await wait(Number(value));
  if (word === 'down' || word === 'up') isUp = word === 'up';
  if (word === 'kill') process.kill(process.pid, 'SIGKILL');
  if (word === 'exit') process.exit(Number(value));
}
