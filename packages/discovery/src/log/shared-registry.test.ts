import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { silentLogger } from '@headwater/logger';
import { eventually } from '../../test/support/eureka.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { Registry } from '../registry/registry.ts';
import { SharedRegistry } from './shared-registry.ts';

test('the log is taken to be away when nothing comes back, not when this process had no time; that is told once a minute', async (t) => {
  const broker = await startBroker();
  t.after(() => broker.close());
  const clock = new ManualClock();
  const told: string[] = [];
  const logger = {
    ...silentLogger,
    info: (_: unknown, text: string) => told.push(`info ${text}`),
    warn: (_: unknown, text: string) => told.push(`warn ${text}`),
  };
  const shared = new SharedRegistry({
    bootstrap: broker.bootstrap,
    topic: '_discovery',
    registry: new Registry({ clock, server: 'here', onChange: () => {} }),
    name: 'here',
    url: () => 'http://127.0.0.1:8761',
    clock,
    logger: logger as never,
  });
  t.after(() => shared.close());
  const toldOf = (pattern: RegExp) => told.filter((text) => pattern.test(text)).length;
  await shared.restore(60_000);
  shared.announce();
  // A sign of life is asked for while it is not there.
  await eventually(async () => {
    clock.advance(1_000);
    assert.equal(shared.state.isConnected, true);
  });
  assert.deepEqual([toldOf(/^info .*is shared/), toldOf(/^warn .*does not come back/)], [1, 0]);

  for (let i = 0; i < 5; i++) {
    clock.stall(30_000);
    clock.advance(0);
    assert.equal(shared.state.isConnected, true, 'who has slept cannot know');
  }

  await broker.close();
  for (let i = 0; i < 12; i++) clock.advance(1_000);
  assert.equal(shared.state.isConnected, false);
  for (let i = 0; i < 300; i++) clock.advance(1_000);
  assert.equal(toldOf(/^warn .*does not come back/), 1);
});
