// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bindSettings, SettingsError } from './bind-settings.ts';
import { ConfigLayers, type ConfigValue, MapLayer } from './config-layers.ts';
import { environmentLayer } from './environment-layer.ts';
import { setting } from './settings-fields.ts';

function layer(name: string, values: Record<string, ConfigValue>): MapLayer {
  return new MapLayer(
    name,
    Object.entries(values).map(([key, value], index) => ({ key, value, origin: `${name}:${index + 1}:1` })),
  );
}

test('a setting is found however its key is written, and its type is that of its default', () => {
  const layers = new ConfigLayers([
    layer('a.yml', {
      'tweets.mock-sleep-ms': '250',
      'Tweets.enableMockTweets': 'true',
      'tweets.retry_config.maxAttempts': 3,
    }),
  ]);
  const settings = bindSettings(layers, 'tweets', {
    mockSleepMs: 10_000,
    enableMockTweets: false,
    retryConfig: { maxAttempts: 1, multiplier: 2.5 },
    source: setting.choice(['mock', 'file'], { default: 'mock' }),
  });
  const sleepMs: number = settings.mockSleepMs;
  const source: 'mock' | 'file' = settings.source;
  assert.deepEqual(
    [sleepMs, settings.enableMockTweets, settings.retryConfig, source],
    [250, true, { maxAttempts: 3, multiplier: 2.5 }, 'mock'],
  );
  assert.ok(Object.isFrozen(settings) && Object.isFrozen(settings.retryConfig));
});

test('every problem is told at once, with key, origin and value; secrets are not', () => {
  const layers = new ConfigLayers([
    layer('orders.yml', {
      'orders.per-page': 0,
      'orders.currency': 'DM',
      'orders.db-password': 'hunter2',
      'orders.wait': '5 parsecs',
    }),
  ]);
  const schema = {
    perPage: setting.integer({ min: 1, max: 100, default: 20 }),
    currency: setting.choice(['EUR', 'USD']),
    dbPassword: setting.text({ minLength: 12 }),
    wait: setting.durationMs({ default: 0 }),
    url: setting.url(),
  };
  assert.throws(
    () => bindSettings(layers, 'orders', schema),
    (error: unknown) => {
      assert.ok(error instanceof SettingsError);
      assert.equal(
        error.message,
        'the configuration cannot be used. orders.per-page is 0 (orders.yml:1:1): give a whole number from 1 to 100; ' +
          'orders.currency is "DM" (orders.yml:2:1): give one of EUR, USD; ' +
          'orders.db-password is "******" (orders.yml:3:1): give at least 12 characters; ' +
          'orders.wait is "5 parsecs" (orders.yml:4:1): give a duration such as 500ms, 5s, 2m or PT5S; ' +
          'orders.url is missing: it has no default, set it',
      );
      return error.problems.length === 5;
    },
  );
});

test('a list comes whole from the source that wins it, by index, by commas or from the environment', () => {
  const layers = (env: Record<string, string>) =>
    new ConfigLayers([
      environmentLayer(env, 'tweets-service'),
      layer('dev', { 'tweets.keywords[0]': 'one' }),
      layer('plain', {
        'tweets.keywords[0]': 'a',
        'tweets.keywords[1]': 'b',
        'tweets.ports': '1, 2',
        'tweets.names': '',
      }),
    ]);
  const schema = { keywords: ['x'], ports: [0], names: ['none'] };
  assert.deepEqual(bindSettings(layers({}), 'tweets', schema), { keywords: ['one'], ports: [1, 2], names: [] });
  const env = { TWEETS_KEYWORDS_0: 'p', 'TWEETS-KEYWORDS_1': 'q', TWEETS_PORTS: '7' };
  assert.deepEqual(bindSettings(layers(env), 'tweets', schema), { keywords: ['p', 'q'], ports: [7], names: [] });
});

test('placeholders are filled in from any source, with defaults, and not without end', () => {
  const layers = new ConfigLayers([
    layer('a', {
      'a.host': 'h',
      'a.url': 'http://${A.HOST}:${a.port:${b.port:80}}/${x:}',
      'a.loop': '${b.loop}',
      'a.list[0]': '${a.host}',
    }),
    layer('b', { 'b.port': 90, 'b.loop': '${a.loop}', 'b.lost': 'x${nobody.has.it}' }),
  ]);
  assert.equal(layers.value('a.url'), 'http://h:90/');
  assert.deepEqual(bindSettings(layers, 'a', { list: ['x'] }), { list: ['h'] });
  assert.throws(() => layers.value('a.loop'), /refers to itself/);
  assert.throws(
    () => bindSettings(layers, 'b', { lost: 'y' }),
    /b.lost is "x\$\{nobody.has.it\}" \(b:3:1\): the placeholder \$\{nobody.has.it\} has no value: set nobody.has.it/,
  );
});

test('a short key is not taken from a variable that means something else', () => {
  const env = { LANG: 'C', ORDERS_LANG: 'de', SERVER_PORT: '9' };
  const layers = new ConfigLayers([environmentLayer(env, 'orders'), layer('own', { lang: 'en', path: '/x' })]);
  assert.equal(layers.value('path'), '/x');
  assert.equal(layers.value('lang'), 'de');
  assert.equal(layers.value('server.port'), '9');
  assert.equal(new ConfigLayers([environmentLayer(env, 'billing'), layer('own', { lang: 'en' })]).value('lang'), 'en');
});

test('a tree has objects and lists; a list comes whole from one source; names are as they are written', () => {
  const layers = new ConfigLayers([
    layer('a', { 'g.routes[0].id': 'x', 'g.routes[0].filters[0]': 'StripPrefix=${n}', 'g.map[some.key]': 1, n: 1 }),
    layer('b', { 'g.routes[0].id': 'y', 'g.routes[1].id': 'z', 'g.default-uri': 'lb://y', 'g.__proto__.polluted': 1 }),
  ]);
  const tree = layers.tree('g') as Record<string, unknown>;
  assert.deepEqual(tree['routes'], [{ id: 'x', filters: ['StripPrefix=1'] }]);
  assert.deepEqual(tree['map'], { 'some.key': 1 });
  assert.equal(tree['default-uri'], 'lb://y');
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  assert.equal(layers.tree('nothing'), undefined);
});
