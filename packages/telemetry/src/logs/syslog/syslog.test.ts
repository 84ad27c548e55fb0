import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import type { LogRecord } from '../log-record.ts';
import { startLogs } from '../logs.ts';
import { readSyslog } from './read-syslog.ts';
import { SyslogFraming } from './syslog-framing.ts';

const receivedMs = new Date(2026, 0, 2, 12).getTime();
const origin = { source: 'syslog', receivedMs, service: 'unknown', host: '10.0.0.1' } as const;

// The messages are the examples of the two specifications.
test('RFC 5424', () => {
  const { isMalformed, record } = readSyslog(
    '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="App\\"lication" eventID="1011"][examplePriority@32473 class="high"] \ufeffAn application event log entry...',
    origin,
  );
  assert.equal(isMalformed, false);
  assert.deepEqual(record, {
    timestampMs: Date.UTC(2003, 9, 11, 22, 14, 15, 3),
    receivedMs,
    service: 'evntslog',
    level: 'INFO',
    message: 'An application event log entry...',
    source: 'syslog',
    host: 'mymachine.example.com',
    attributes: {
      'syslog.facility': 'local4',
      'syslog.severity': '5',
      'syslog.msgid': 'ID47',
      'exampleSDID@32473.iut': '3',
      'exampleSDID@32473.eventSource': 'App"lication',
      'exampleSDID@32473.eventID': '1011',
      'examplePriority@32473.class': 'high',
    },
  });
  const bare = readSyslog('<34>1 - - - - - -', origin).record;
  assert.deepEqual([bare.service, bare.host, bare.message, bare.level], ['unknown', '10.0.0.1', '', 'FATAL']);
  const many = Array.from({ length: 100 }, (_, i) => `a${i}="${'\\]'.repeat(3)}"`).join(' ');
  const bomb = readSyslog(`<34>1 - - app - - [x ${many}] rest`, origin).record;
  assert.equal(bomb.message, 'rest');
  assert.ok(Object.keys(bomb.attributes!).length <= 65);
});

test('RFC 3164, and what comes near it', () => {
  const one = readSyslog(
    "<34>Oct 11 22:14:15 mymachine su[12]: 'su root' failed for lonvick on /dev/pts/8",
    origin,
  ).record;
  assert.equal(one.timestampMs, new Date(2025, 9, 11, 22, 14, 15).getTime(), 'last autumn, seen in January');
  assert.deepEqual(
    [one.service, one.host, one.message, one.level, one.attributes!['process.pid']],
    ['su', 'mymachine', "'su root' failed for lonvick on /dev/pts/8", 'FATAL', '12'],
  );
  const soon = readSyslog('<13>Jan  2 12:00:05 box app: next', origin).record;
  assert.equal(soon.timestampMs, receivedMs + 5_000);
  const python = readSyslog('<14>orders: paid', origin).record;
  assert.deepEqual([python.service, python.message, python.level], ['orders', 'paid', 'INFO']);
  const json = readSyslog('<14>{"level":"error","msg":"no","service":"shop"}', origin).record;
  assert.deepEqual([json.service, json.message, json.level], ['shop', 'no', 'ERROR']);
  for (const wrong of ['no priority', '<999>x', '<>x', ''])
    assert.deepEqual([readSyslog(wrong, origin).isMalformed, readSyslog(wrong, origin).record.message], [true, wrong]);
});

test('messages come out of any cut of their bytes: counted, and by newline', () => {
  const bytes = Buffer.from('5 <1>ab<13>two\n10 <2>thr\nee!2026 plain\n123\n4 <3>x');
  const expected = ['<1>ab', '<13>two', '<2>thr\nee!', '2026 plain', '123', '<3>x'];
  for (let size = 1; size <= bytes.length; size++) {
    const framing = new SyslogFraming(1_000);
    const found = [];
    for (let at = 0; at < bytes.length; at += size) found.push(...framing.push(bytes.subarray(at, at + size)));
    found.push(...framing.end());
    assert.deepEqual(
      found.map(({ text }) => text),
      expected,
      `cut every ${size}`,
    );
  }
  const framing = new SyslogFraming(10);
  assert.deepEqual(
    framing.push(Buffer.from('30 <1>aaaaaaaaaaaaaaaaaaaaaaaaaaa<2>b\n')).map(({ isCut, text }) => [text, isCut]),
    [
      ['<1>aaaaaaa', true],
      ['<2>b', false],
    ],
  );
});

test('over UDP and TCP', async () => {
  const broker = await startBroker({ port: 0 });
  await using logs = await startLogs({ bootstrap: broker.bootstrap, port: 0, syslogPort: 0 });
  const udp = createSocket('udp4');
  udp.send('<11>Nov 22 12:00:00 box udp: over udp\0', logs.syslogPort!, logs.host);
  const tcp = connect(logs.syslogPort!, logs.host);
  tcp.end('<14>tcp: one\n18 <14>tcp: two\nline2<14>tcp: last');
  await once(tcp.resume(), 'close');
  await using client = createClient({ bootstrap: broker.bootstrap, clientId: 'reader' });
  const found: LogRecord[] = [];
  while (!(await client.metadata()).topics.some(({ name }) => name === 'headwater-logs'))
    await new Promise(setImmediate);
  for await (const batch of client.tail({ topics: ['headwater-logs'], from: 'earliest' })) {
    for (const { value } of batch.records()) found.push(JSON.parse(String(value)) as LogRecord);
    if (found.length >= 4) break;
  }
  assert.deepEqual(found.map(({ level, message, service }) => `${service} ${level} ${message}`).sort(), [
    'tcp INFO last',
    'tcp INFO one',
    'tcp INFO two\nline2',
    'udp ERROR over udp',
  ]);
  udp.close();
  await logs.close();
  await broker.close();
});
