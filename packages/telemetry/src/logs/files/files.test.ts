import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineSplitter } from '../decode/line-splitter.ts';
import type { LogRecord } from '../log-record.ts';
import { containerOf } from './container-line.ts';
import { FileEvents, type FileEventsOptions } from './file-events.ts';

function read(text: string, options: Partial<FileEventsOptions> = {}): LogRecord[] {
  const splitter = new LineSplitter(10_000, { keepsEmpty: true });
  const events = new FileEvents({ path: '/var/log/shop.log', offset: 0, ...options });
  const found = splitter.push(Buffer.from(text)).flatMap((line) => events.push(line, 1));
  return [...found, ...events.flush(1)].map(({ decoded }) => decoded.record);
}
const heads = (text: string, options: Partial<FileEventsOptions> = {}): string[] =>
  read(text, options).map(({ message, stack }) => `${message}|${stack?.split('\n').length ?? 0}`);

test('traces of Java are one event, with causes', () => {
  const java = `2026-11-22 10:00:00 INFO  a.B - before
2026-11-22 10:00:01 ERROR a.B - payment failed
java.lang.IllegalStateException: no
\tat a.B.run(B.java:1)
\tat a.B.main(B.java:2)
Caused by: java.io.IOException: disk
\tat a.C.read(C.java:3)
\t... 2 more
2026-11-22 10:00:02 INFO  a.B - after
Exception in thread "main" java.lang.RuntimeException: x
\tat a.B.main(B.java:2)
`;
  assert.deepEqual(heads(java), [
    '2026-11-22 10:00:00 INFO  a.B - before|0',
    '2026-11-22 10:00:01 ERROR a.B - payment failed|6',
    '2026-11-22 10:00:02 INFO  a.B - after|0',
    'Exception in thread "main" java.lang.RuntimeException: x|1',
  ]);
  const [, failed] = read(java);
  assert.deepEqual(
    [failed!.level, failed!.service, failed!.file, failed!.source],
    ['ERROR', 'shop', '/var/log/shop.log', 'file'],
  );
  assert.equal(failed!.stack!.split('\n')[3], 'Caused by: java.io.IOException: disk');
});

test('traces of Python, Node and Go', () => {
  const python = `ready
Traceback (most recent call last):
  File "a.py", line 1, in <module>
    main()
KeyError: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 2, in <module>
ValueError: no
done
ERROR:root:failed
Traceback (most recent call last):
  File "a.py", line 1, in f
ZeroDivisionError: division by zero
`;
  assert.deepEqual(heads(python), ['ready|0', 'ValueError: no|10', 'done|0', 'ERROR:root:failed|3']);
  const node = `listening
TypeError: x is not a function
    at f (/app/a.js:1:2)
    at node:internal/main:3:4 {
  code: 'E'
}
/app/b.js:3
throw new Error('y')
^

Error: y
    at g (/app/b.js:3:7)

Node.js v24.0.0
again
`;
  assert.deepEqual(heads(node), ['listening|0', 'TypeError: x is not a function|4', '/app/b.js:3|8', 'again|0']);
  const go = `2026/11/22 start
panic: runtime error: index out of range [5]

goroutine 1 [running]:
main.main()
\t/app/main.go:8 +0x1d
exit status 2
2026/11/22 start
`;
  assert.deepEqual(heads(go), [
    '2026/11/22 start|0',
    'panic: runtime error: index out of range [5]|6',
    '2026/11/22 start|0',
  ]);
});

test('an expression of the user joins lines, before and after', () => {
  const text = 'START a\nb\nc\nSTART d\n{"x":1}\n';
  const after = { multiline: { pattern: '^START', negate: true } };
  assert.deepEqual(
    read(text, after).map(({ message }) => message),
    ['START a\nb\nc', 'START d\n{"x":1}'],
  );
  const before = { multiline: { pattern: '\\\\$', match: 'before' as const } };
  assert.deepEqual(
    read('a \\\nb \\\nc\nd\n', before).map(({ message }) => message),
    ['a \\\nb \\\nc', 'd'],
  );
  assert.deepEqual(
    read('a\n b\n', { multiline: false }).map(({ message }) => message),
    ['a', ' b'],
  );
});

test('lines of containers: unpacked, parts joined, streams apart', () => {
  const path = `/var/log/containers/web-7d4_prod_nginx-${'a'.repeat(64)}.log`;
  const cri = `2026-11-22T10:00:00.123456789Z stdout P {"level":"warn",
2026-11-22T10:00:00.2Z0000000 broken
2026-11-22T10:00:00.300000000Z stderr F Error: x
2026-11-22T10:00:00.400000000Z stdout F "msg":"joined"}
2026-11-22T10:00:00.500000000Z stderr F     at f (a.js:1:2)
`;
  const found = read(cri, { path });
  assert.deepEqual(
    found.map(({ level, message, service, source, stack }) => [service, source, level, message, stack]),
    [
      ['nginx', 'container', 'WARN', 'joined', undefined],
      ['nginx', 'file', undefined, '2026-11-22T10:00:00.2Z0000000 broken', undefined],
      ['nginx', 'container', 'ERROR', 'Error: x', '    at f (a.js:1:2)'],
    ],
  );
  assert.equal(found[0]!.timestampMs, Date.UTC(2026, 10, 22, 10, 0, 0, 123));
  assert.deepEqual(found[2]!.attributes, {
    'k8s.pod.name': 'web-7d4',
    'k8s.namespace.name': 'prod',
    'container.id': 'a'.repeat(64),
    'log.iostream': 'stderr',
  });
  const docker = [
    { log: 'half ', stream: 'stdout', time: '2026-11-22T10:00:00.1Z' },
    { log: 'line\n', stream: 'stdout', time: '2026-11-22T10:00:00.2Z' },
  ].map((line) => `${JSON.stringify(line)}\n`);
  const [one] = read(docker.join(''), { path: `/var/lib/docker/containers/x/${'b'.repeat(64)}-json.log` });
  assert.deepEqual(
    [one!.message, one!.service, one!.timestampMs],
    ['half line', 'b'.repeat(12), Date.UTC(2026, 10, 22, 10, 0, 0, 100)],
  );
  assert.equal(containerOf('/var/log/pods/ns_pod_uid/app/0.log')?.service, 'app');
  assert.equal(containerOf('/var/log/syslog.log'), undefined);
});

test('what is held is read again: a place is never behind an unwritten line', () => {
  const events = new FileEvents({ path: 'a.log', offset: 100 });
  const splitter = new LineSplitter(1_000, { keepsEmpty: true, offset: 100 });
  const push = (text: string) => splitter.push(Buffer.from(text)).flatMap((line) => events.push(line, 1));
  assert.equal(push('one\n').length, 0);
  assert.equal(events.safeOffset, 100);
  assert.equal(push('two\n').length, 1);
  assert.equal(events.safeOffset, 104);
  assert.equal(push(' more\nhalf').length, 0);
  assert.equal(events.safeOffset, 104);
  assert.equal(events.flush(1).length, 1);
  assert.equal(events.safeOffset, 114);
});
