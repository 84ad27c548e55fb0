import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoginThrottle } from './login-throttle.ts';

test('waits double from the fifth failure on, to a quarter of an hour, and a success forgets them', () => {
  let now = 1_000_000;
  const throttle = new LoginThrottle(() => now);
  const waits: number[] = [];
  for (let attempt = 0; attempt < 18; attempt++) {
    const wait = throttle.begin('ada', '10.0.0.1');
    waits.push(wait);
    if (wait > 0) {
      now += wait;
      assert.equal(throttle.begin('ada', '10.0.0.1'), 0);
    }
  }
  assert.deepEqual(waits.slice(0, 9), [0, 0, 0, 0, 0, 1_000, 2_000, 4_000, 8_000]);
  assert.equal(Math.max(...waits), 900_000);
  now += 900_000;
  assert.equal(throttle.begin('ada', '10.0.0.1'), 0);
  throttle.succeed('ada', '10.0.0.1');
  assert.equal(throttle.begin('ada', '10.0.0.1'), 0);
});

test('attempts at once are failures at once', () => {
  const throttle = new LoginThrottle(() => 1);
  const begun = Array.from({ length: 100 }, () => throttle.begin('ada', '10.0.0.1')).filter((wait) => wait === 0);
  assert.equal(begun.length, 5);
});

test('strangers cannot lock a user out of an address that the user logs in from', () => {
  let now = 1;
  const throttle = new LoginThrottle(() => now);
  throttle.begin('ada', '192.0.2.1');
  throttle.succeed('ada', '192.0.2.1');
  for (let index = 0; index < 200; index++) throttle.begin('ada', `198.51.100.${index}`);
  now++;
  assert.equal(throttle.begin('ada', '192.0.2.1'), 0);
  assert.ok(throttle.begin('ada', '203.0.113.1') > 0, 'from elsewhere the name waits');
});

test('an address that tries many names waits, a whole /64 of IPv6 as one', () => {
  const throttle = new LoginThrottle(() => 1);
  for (let index = 0; index < 40; index++) throttle.begin(`user-${index}`, `2001:db8::${index.toString(16)}`);
  assert.ok(throttle.begin('another', '2001:db8::ffff') > 0);
  assert.equal(throttle.begin('another', '2001:db8:0:1::1'), 0);
});

test('its memory is bounded, whatever names and addresses come', () => {
  const throttle = new LoginThrottle(() => 1);
  for (let index = 0; index < 50_000; index++)
    throttle.begin(`user-${index}`, `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`);
  assert.ok(throttle.size <= 80_000);
});
