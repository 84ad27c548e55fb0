import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { type Discovery, startDiscovery } from '../index.ts';
import { type Applications, EurekaCalls, eventually } from './support/eureka.ts';
import { readEvents } from './support/read-events.ts';

let discovery: Discovery;
let calls: EurekaCalls;
before(async () => {
  discovery = await startDiscovery({ port: 0 });
  calls = new EurekaCalls(`${discovery.url}/eureka`);
});
after(() => discovery.close());

const idsOf = (data: Record<string, unknown>): string[] =>
  (data['applications'] as Applications).application
    .flatMap(({ instance }) => instance.map((one) => one.instanceId!))
    .sort();

test('a snapshot, then each change', async () => {
  await calls.registered('WATCHED', 'w1');
  const watch = await readEvents(`${discovery.url}/eureka/watch`);
  const first = await watch.next();
  assert.equal(first.event, 'snapshot');
  assert.deepEqual(idsOf(first.data), ['w1']);
  await calls.registered('WATCHED', 'w2');
  await calls.status('PUT', '/apps/WATCHED/w2?status=UP');
  await calls.status('PUT', '/apps/WATCHED/w2/status?value=OUT_OF_SERVICE');
  await calls.status('DELETE', '/apps/WATCHED/w1');
  const changes = [await watch.next(), await watch.next(), await watch.next()];
  assert.deepEqual(
    changes.map(({ event, data }) => {
      const { instanceId, status, actionType } = data['instance'] as Record<string, string>;
      return [event, data['kind'], instanceId, status, actionType];
    }),
    [
      ['change', 'REGISTERED', 'w2', 'UP', 'ADDED'],
      ['change', 'OVERRIDE', 'w2', 'OUT_OF_SERVICE', 'MODIFIED'],
      ['change', 'CANCELLED', 'w1', 'UP', 'DELETED'],
    ],
  );
  watch.close();
});

test('only the applications that are asked for', async () => {
  await calls.registered('FIRST', 'f1');
  await calls.registered('SECOND', 's1');
  const watch = await readEvents(`${discovery.url}/api/watch?app=first,third`);
  const { data } = await watch.next();
  assert.deepEqual(idsOf(data), ['f1']);
  assert.equal((data['applications'] as Applications).apps__hashcode, 'UP_1_');
  await calls.registered('SECOND', 's2');
  await calls.registered('THIRD', 't1');
  const change = await watch.next();
  assert.equal((change.data['instance'] as Record<string, string>)['instanceId'], 't1');
  watch.close();
});

test('who comes back hears what it missed; who comes from elsewhere gets a snapshot', async () => {
  const watch = await readEvents(`${discovery.url}/watch?snapshot=none`);
  const { id, data } = await watch.next();
  assert.deepEqual(data, {});
  watch.close();
  await calls.registered('MISSED', 'm1');
  await calls.registered('MISSED', 'm2');
  const again = await readEvents(`${discovery.url}/watch`, { 'last-event-id': id });
  const resumed = await again.next();
  assert.deepEqual([resumed.event, resumed.data], ['resumed', { missed: 2 }]);
  for (const expected of ['m1', 'm2']) {
    assert.equal(((await again.next()).data['instance'] as Record<string, string>)['instanceId'], expected);
  }
  again.close();
  for (const foreign of ['00000000-1', `${id}9`, 'nonsense', '']) {
    const other = await readEvents(`${discovery.url}/watch?snapshot=none`, { 'last-event-id': foreign });
    assert.equal((await other.next()).event, 'snapshot', foreign);
    other.close();
  }
});

test('a reader that does not read gets a snapshot when it does, and nothing in between', async () => {
  const { port } = new URL(discovery.url);
  const socket = connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write('GET /watch?app=FLOOD HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await once(socket, 'readable');
  // Nothing is read from here on, and far more comes than a socket holds.
  const metadata = { filler: 'x'.repeat(100_000) };
  for (let i = 0; i < 150; i++) await calls.registered('FLOOD', 'f1', { metadata: { ...metadata, count: String(i) } });
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (piece: string) => {
    text += piece;
  });
  // The last state comes by itself, and less than all states came before it.
  await eventually(async () => assert.ok(text.includes('"count":"149"')));
  assert.ok(text.split('event: change').length - 1 < 149);
  assert.ok(text.split('event: snapshot').length - 1 >= 2);
  socket.destroy();
});

test('too many applications are refused', async () => {
  const names = Array.from({ length: 101 }, (_, i) => `a${i}`).join(',');
  await assert.rejects(readEvents(`${discovery.url}/watch?app=${names}`), /400 .*at most 100 apps/);
});

test('closing ends what is watched', async () => {
  const other = await startDiscovery({ port: 0 });
  const watch = await readEvents(`${other.url}/watch`);
  await watch.next();
  const next = watch.next();
  await Promise.all([assert.rejects(next), other.close(), other.close()]);
});
