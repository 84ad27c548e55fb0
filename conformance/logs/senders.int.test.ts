import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { type LogRecord, type Logs, startLogs } from '@headwater/telemetry';
import { cacheDir, canRun, run } from '../clients/install/cache.ts';
import { onceFor } from '../clients/install/schemas.ts';
import { javaProgram } from '../java-program.ts';

// Foreign senders of log lines, as they are; one that cannot be had here is skipped with the reason.

const sendTimeoutMs = 60_000;
const pythonPackages = ['python-logstash-async==4.1.0', 'pylogbeat==2.1.0', 'requests==2.34.2'];

let broker: Broker;
let logs: Logs;

before(async () => {
  broker = await startBroker({ port: 0 });
  logs = await startLogs({ bootstrap: broker.bootstrap, port: 0, syslogPort: 0 });
});
after(async () => {
  await logs.close();
  await broker.close();
});

/** The records of services whose names begin so, when there are so many. */
async function recordsOf(prefix: string, count: number): Promise<LogRecord[]> {
  await using client = createClient({ bootstrap: broker.bootstrap, clientId: 'reader' });
  const found: LogRecord[] = [];
  for await (const batch of client.tail({ topics: ['headwater-logs'], from: 'earliest' })) {
    for (const { value } of batch.records()) {
      const record = JSON.parse(String(value)) as LogRecord;
      if (record.service.startsWith(prefix)) found.push(record);
    }
    if (found.length >= count) break;
  }
  return found.sort((a, b) => (a.service + a.message < b.service + b.message ? -1 : 1));
}

test('Python: logstash-async over TCP, Beats and HTTP, and SysLogHandler', async (context) => {
  if (!(await canRun('python3', ['--version']))) return context.skip('python3 is not installed');
  const dir = join(cacheDir, 'log-senders-python');
  const command = join(dir, 'bin/python');
  const failure = await onceFor(dir, pythonPackages.join('\n'), async () => {
    await run('python3', ['-m', 'venv', dir]);
    await run(command, ['-m', 'pip', 'install', '--quiet', ...pythonPackages], { timeout: 300_000 });
  });
  if (failure !== null) return context.skip(failure);
  const script = join(import.meta.dirname, 'python/send.py');
  await run(command, [script, logs.host, String(logs.port), String(logs.syslogPort)], { timeout: sendTimeoutMs });
  const found = await recordsOf('python', 8);
  assert.deepEqual(
    found.map(({ level, message, service, source, stack }) =>
      [service, source, level, message, /ZeroDivisionError/.test(stack ?? '') ? 'stack' : ''].join(' ').trim(),
    ),
    [
      'python-beats beats ERROR failed stack',
      'python-beats beats WARN hello from python-beats',
      'python-http http ERROR failed stack',
      'python-http http WARN hello from python-http',
      'python-syslog-tcp syslog ERROR hello from python-syslog-tcp',
      'python-syslog-udp syslog ERROR hello from python-syslog-udp',
      'python-tcp tcp ERROR failed stack',
      'python-tcp tcp WARN hello from python-tcp',
    ],
  );
  assert.equal(
    found.find(({ service, level }) => service === 'python-tcp' && level === 'WARN')!.attributes!['order'],
    '17',
  );
});

test('logger of util-linux: RFC 3164 and 5424, UDP and TCP', async (context) => {
  if (!existsSync('/usr/bin/logger')) return context.skip('logger is not installed');
  const to = ['--server', logs.host, '--port', String(logs.syslogPort), '--priority', 'user.warning'];
  const send = (...args: string[]) => run('logger', [...to, ...args], { timeout: sendTimeoutMs });
  await send('--udp', '--rfc3164', '--tag', 'logger-1', 'over udp');
  await send('--udp', '--rfc5424', '--tag', 'logger-2', '--sd-id', 'order@1', '--sd-param', 'id="17"', 'over udp');
  await send('--tcp', '--rfc3164', '--tag', 'logger-3', 'over tcp');
  await send('--tcp', '--octet-count', '--tag', 'logger-4', 'over tcp, counted');
  const found = await recordsOf('logger', 4);
  assert.deepEqual(
    found.map(({ level, message, service }) => `${service} ${level} ${message}`),
    ['logger-1 WARN over udp', 'logger-2 WARN over udp', 'logger-3 WARN over tcp', 'logger-4 WARN over tcp, counted'],
  );
  assert.equal(found[1]!.attributes!['order@1.id'], '17');
});

test("Java: Logback's Logstash appender", async (context) => {
  const program = await javaProgram(join(import.meta.dirname, 'java'), 'log-senders-java');
  if (typeof program === 'string') return context.skip(program);
  await run('java', ['-cp', program.classPath, 'SendLogs', logs.host, String(logs.port)], { timeout: sendTimeoutMs });
  const [failed, hello] = await recordsOf('java', 2);
  assert.deepEqual(
    [hello!.level, hello!.message, hello!.logger, hello!.thread, hello!.traceId, hello!.attributes!['user']],
    ['WARN', 'hello from java-logback', 'com.acme.Orders', 'main', '4bf92f3577b34da6a3ce929d0e0e4736', 'ada'],
  );
  assert.match(
    failed!.stack!,
    /^java\.lang\.IllegalStateException: no\n\tat SendLogs\.main[\s\S]*Caused by: java\.lang\.RuntimeException: cause/,
  );
});
