import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choice, decimal, httpUrl, integer, kafkaAddress, list } from './settings.ts';

test('what is not set takes the default', () => {
  assert.equal(integer({}, 'N', 3, 0, 9), 3);
  assert.equal(integer({ N: ' ' }, 'N', 3, 0, 9), 3);
  assert.deepEqual(list({}, 'L', ['a']), ['a']);
  assert.deepEqual(kafkaAddress({}), { bootstrap: '127.0.0.1:9092' });
});

test('values are read', () => {
  assert.equal(decimal({ N: '0.5' }, 'N', 3, 0, 9), 0.5);
  assert.deepEqual(list({ L: ' Kafka, event sourcing ,,' }, 'L', []), ['Kafka', 'event sourcing']);
  assert.equal(choice({ C: 'b' }, 'C', ['a', 'b'], 'a'), 'b');
  assert.equal(httpUrl({ U: 'http://search:9200/' }, 'U', ''), 'http://search:9200');
  assert.deepEqual(kafkaAddress({ HEADWATER_KAFKA_URL: 'a:1,[::1]:2' }), { bootstrap: 'a:1,[::1]:2' });
});

test('a value that cannot be used is named, with what to give instead', () => {
  const code = 'HW_TWEETS_CONFIG';
  assert.throws(() => decimal({ RATE: 'fast' }, 'RATE', 1, 0, 9), {
    code,
    message: 'RATE is "fast": give a number from 0 to 9',
  });
  assert.throws(() => integer({ N: '1.5' }, 'N', 1, 0, 9), { code, message: /whole number/ });
  assert.throws(() => integer({ N: '10' }, 'N', 1, 0, 9), { code, message: /from 0 to 9/ });
  assert.throws(() => choice({ C: 'z' }, 'C', ['a', 'b'], 'a'), { code, message: /one of a, b/ });
  assert.throws(() => httpUrl({ U: 'search:9200' }, 'U', 'http://127.0.0.1:9200'), { code, message: /such as http:/ });
  assert.throws(() => kafkaAddress({ HEADWATER_KAFKA_URL: 'http://kafka:9092' }), { code, message: /host:port/ });
});
