import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { afterEach, test } from 'node:test';
import type { Logger } from '@headwater/logger';
import type { Level } from './messages.ts';
import { ServicesThread } from './services-thread.ts';

const main = new URL('./testing/echo-service.ts', import.meta.url).href;

interface Line {
  level: Level;
  fields: Record<string, unknown>;
  message: string;
}

function recorder(): { logger: Logger; lines: Line[]; line: (message: string) => Promise<Line> } {
  const lines: Line[] = [];
  const waiting: { message: string; resolve: (line: Line) => void }[] = [];
  const at = (level: Level) => (fields: Record<string, unknown>, message: string) => {
    const line = { level, fields, message };
    lines.push(line);
    for (const each of waiting) if (each.message === message) each.resolve(line);
  };
  return {
    logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    lines,
    line: (message) =>
      new Promise((resolve) => {
        const found = lines.find((line) => line.message === message);
        if (found === undefined) waiting.push({ message, resolve });
        else resolve(found);
      }),
  };
}

let thread: ServicesThread;
afterEach(() => thread.close());

async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

test('a service runs in the thread, is told its environment, and its lines come with what can be told of their fields', async () => {
  thread = new ServicesThread(recorder().logger);
  const one = recorder();
  const two = recorder();
  const [first, second] = await Promise.all([
    thread.start({ name: 'one', main, env: { GREETING: 'from one' } }, one.logger),
    thread.start({ name: 'two', main, env: { GREETING: 'from two' } }, two.logger),
  ]);
  assert.equal(await (await fetch(`${first.url}/a`)).text(), 'from one');
  assert.equal(await (await fetch(`${second.url}/b`)).text(), 'from two');
  assert.deepEqual(await one.line('asked'), {
    level: 'warn',
    fields: { error: 'too far', size: '3', nested: { at: '/a' } },
    message: 'asked',
  });
  assert.deepEqual((await two.line('asked')).fields['nested'], { at: '/b' });
  await first.close();
  await first.close();
  await one.line('closed');
  assert.equal(await (await fetch(`${second.url}/b`)).text(), 'from two', 'the other goes on');
  await second.close();
});

test('a service that does not start is told of with its code, and holds up no other', async () => {
  thread = new ServicesThread(recorder().logger);
  const refused = assert.rejects(thread.start({ name: 'refused', main, env: { REFUSES: 'yes' } }, recorder().logger), {
    code: 'HW_TEST',
    message: 'a port is taken',
  });
  const other = await thread.start({ name: 'other', main, env: { GREETING: 'here' } }, recorder().logger);
  await refused;
  assert.equal(await (await fetch(other.url!)).text(), 'here');
  const missing = thread.start({ name: 'missing', main: `${main}.not-there`, env: {} }, recorder().logger);
  await assert.rejects(missing, { code: 'ERR_MODULE_NOT_FOUND' });
});

test('a thread that crashes is started again with its services', async () => {
  const told = recorder();
  thread = new ServicesThread(told.logger);
  const PORT = await freePort();
  const service = await thread.start({ name: 'one', main, env: { GREETING: 'back', PORT } }, recorder().logger);
  await assert.rejects(fetch(`${service.url}/crash`));
  const { fields, level } = await told.line('the thread of the services crashed');
  assert.equal(level, 'error');
  assert.match(String(fields['reason']), /nobody caught it\n.*echo-service/s);
  assert.equal(fields['services'], 'one');
  for (;;) {
    const answer = await fetch(service.url!).catch(() => undefined);
    if (answer === undefined) continue;
    assert.equal(await answer.text(), 'back');
    break;
  }
  await service.close();
});

test('all of it ends when it is closed, also twice and while it starts', async () => {
  thread = new ServicesThread(recorder().logger);
  const starting = thread.start({ name: 'one', main, env: {} }, recorder().logger);
  await Promise.all([thread.close(), assert.rejects(starting, { code: 'HW_UP_CLOSED' })]);
  await thread.close();
  await assert.rejects(thread.start({ name: 'two', main, env: {} }, recorder().logger), { code: 'HW_UP_CLOSED' });
});
