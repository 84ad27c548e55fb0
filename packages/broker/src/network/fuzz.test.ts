import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { encodeRequest } from '@headwater/protocol';
import { createTopic, testBroker } from '../../test/fixtures.ts';
import { RawClient } from '../../test/raw-client.ts';
import { bodies } from '../../test/request-bodies.ts';
import { handlers } from '../handlers/index.ts';

const frames = Number(process.env['FUZZ_FRAMES'] ?? 4_000);

/**
 * Requests with bytes changed, cut off or doubled, at a broker over TCP. Whatever it makes of them, it answers the next client, and
 * nothing fails that is not the frame's own fault.
 */
test('mutated frames: the broker goes on, and has no error of its own', async (t: TestContext) => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`SEED=${seed}`);
  const random = mulberry32(seed);
  const { broker, client, lines } = await testBroker(t, { config: { 'headwater.max.partitions': 1_000 } });
  const steady = await client();
  const topicId = await createTopic(steady, 'known');
  const originals: Buffer[] = [];
  for (const { apiKey, minVersion, maxVersion } of handlers) {
    for (let version = minVersion; version <= maxVersion; version++) {
      const body = bodies[apiKey]!(version, { topic: 'known', topicId });
      originals.push(encodeRequest(apiKey, version, 1, 'fuzz', body as never).subarray(4));
    }
  }
  let fuzzed = await RawClient.connect(broker);
  for (let count = 0; count < frames; count++) {
    if (fuzzed.isClosed) fuzzed = await RawClient.connect(broker);
    fuzzed.write(framed(mutate(originals[Math.floor(random() * originals.length)]!, random)));
    if (count % 8 === 7) await new Promise((resolve) => setImmediate(resolve));
  }
  fuzzed.close();
  const { errorCode } = await steady.call(18, 0, {});
  assert.equal(errorCode, 0);
  const own = lines.filter(({ level }) => level === 'error');
  assert.deepEqual(own, [], `seed ${seed}`);
});

function mutate(original: Buffer, random: () => number): Buffer {
  const frame = Buffer.from(original);
  // Key and version mostly stay, or all would end at the door.
  const first = random() < 0.9 ? 4 : 0;
  for (let changes = 1 + Math.floor(random() * 4); changes > 0; changes--) {
    const at = first + Math.floor(random() * (frame.length - first));
    const dice = random();
    if (dice < 0.4) frame[at] = Math.floor(random() * 256);
    else if (dice < 0.6) frame[at]! ^= 1 << Math.floor(random() * 8);
    else if (dice < 0.8)
      frame.subarray(at, at + 1 + Math.floor(random() * 8)).fill([0, 0xff, 0x7f, 0x80][Math.floor(random() * 4)]!);
    else frame.copy(frame, at, first, first + Math.floor(random() * 16));
  }
  const dice = random();
  if (dice < 0.1) return frame.subarray(0, Math.floor(random() * frame.length));
  if (dice < 0.2) return Buffer.concat([frame, frame.subarray(Math.floor(random() * frame.length))]);
  return frame;
}

function framed(frame: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(frame.length);
  return Buffer.concat([size, frame]);
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
