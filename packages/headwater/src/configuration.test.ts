import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadConfiguration } from './configuration.ts';
import { parseUpFlags } from './flags.ts';

const dir = mkdtempSync(join(tmpdir(), 'headwater-configuration-'));
after(() => rmSync(dir, { recursive: true }));

function file(text: string): string {
  const path = join(dir, 'headwater.yaml');
  writeFileSync(path, text);
  return path;
}

function code(expected: string, pattern: RegExp) {
  return (error: { code?: string; message: string }) => {
    assert.equal(error.code, expected);
    assert.match(error.message, pattern);
    return true;
  };
}

test('without a file every built part starts on its real port, on loopback', () => {
  const configuration = loadConfiguration({}, {}, join(dir, 'nowhere'));
  assert.deepEqual([...configuration.start].sort(), [
    'config',
    'console',
    'discovery',
    'gateway',
    'identity',
    'kafka',
    'logs',
    'monitor',
    'otlp',
    'postgres',
    'prometheus',
    'registry',
    'rest',
    'search',
    'sql',
    'zipkin',
  ]);
  assert.equal(configuration.parts.kafka.port, 9092);
  assert.equal(configuration.parts.kafka.host, '127.0.0.1');
  assert.equal(configuration.dataDir, join(dir, 'nowhere', 'headwater-data'));
});

test('flags win over the environment, that over the file, that over the defaults', () => {
  const config = file(
    'kafka:\n  port: 1000\n  config: { num.partitions: 5 }\nsearch: { port: 1001 }\nexample: tweets\n',
  );
  const env = { HEADWATER_KAFKA_PORT: '2000', HEADWATER_EXAMPLE: 'none', HEADWATER_DATA: '/tmp/from-env' };
  const configuration = loadConfiguration({ config, data: '/tmp/from-flag' }, env, dir);
  assert.equal(configuration.parts.kafka.port, 2000);
  assert.deepEqual(configuration.parts.kafka.settings['config'], { 'num.partitions': 5 });
  assert.equal(configuration.parts.search.port, 1001);
  assert.equal(configuration.example, 'none');
  assert.equal(configuration.dataDir, '/tmp/from-flag');
});

test('a part whose url is given is not started', () => {
  const configuration = loadConfiguration({}, { HEADWATER_KAFKA_URL: 'kafka.example:9092' }, dir);
  assert.equal(configuration.start.has('kafka'), false);
  assert.equal(configuration.parts.kafka.url, 'kafka.example:9092');
});

test('--only starts just those; the console brings the gateway that serves it', () => {
  const only = (list: string) =>
    [...loadConfiguration(parseUpFlags(['--only', list]), {}, join(dir, 'nowhere')).start].sort();
  assert.deepEqual(only('kafka,search'), ['kafka', 'search']);
  assert.deepEqual(only('console'), ['console', 'gateway']);
});

test('--ports auto chooses every port but those that were named', () => {
  const config = file('search: { port: 1001 }\n');
  const configuration = loadConfiguration(parseUpFlags(['--ports', 'auto', '--config', config]), {}, dir);
  assert.equal(configuration.parts.kafka.port, 0);
  assert.equal(configuration.parts.search.port, 1001);
});

test('settings of an example come from the file and the environment', () => {
  const config = file('tweets: { rate: 20, minWords: 3 }\n');
  const { examples } = loadConfiguration({ config }, { HEADWATER_TWEETS_MIN_WORDS: '4' }, dir);
  assert.deepEqual(examples['tweets'], { rate: 20, minWords: '4' });
});

test('mistakes name the file, the place and what is known', () => {
  const load = (text: string) => () => loadConfiguration({ config: file(text) }, {}, dir);
  assert.throws(load('kafka:\n  port: [1\n'), code('HW_CONFIG_YAML', /headwater\.yaml, line \d+, column \d+/));
  assert.throws(load('kafak: {}\n'), code('HW_CONFIG_KEY', /"kafak" is not known.*kafka/));
  assert.throws(load('kafka: 9092\n'), code('HW_CONFIG_KEY', /"kafka" must hold keys and values/));
  assert.throws(load('kafka: { port: 99999 }\n'), code('HW_CONFIG_PORT', /kafka\.port/));
  assert.throws(load('- a\n'), code('HW_CONFIG_YAML', /keys and values/));
  assert.throws(
    () => loadConfiguration({ config: join(dir, 'absent.yaml') }, {}, dir),
    code('HW_CONFIG_FILE', /does not exist/),
  );
});

test('a listener that others can reach is refused, unless the user says insecure', () => {
  assert.throws(
    () => loadConfiguration({ config: file('kafka: { host: 0.0.0.0 }\n') }, {}, dir),
    code('HW_CONFIG_OPEN_LISTENER', /insecure: true/),
  );
  const configuration = loadConfiguration({ config: file('kafka: { host: 0.0.0.0 }\ninsecure: true\n') }, {}, dir);
  assert.equal(configuration.parts.kafka.host, '0.0.0.0');
});

test('of a repeated flag the last one wins; wrong flags say what is right', () => {
  assert.equal(parseUpFlags(['--data', 'a', '--data', 'b']).data, 'b');
  assert.throws(() => parseUpFlags(['--dta', 'x']), code('HW_CLI_USAGE', /--dta/));
  assert.throws(() => parseUpFlags(['--ports', 'many']), code('HW_CLI_USAGE', /auto/));
  assert.throws(() => parseUpFlags(['--only', 'kafka,nope']), code('HW_CLI_PART', /"nope".*kafka/));
  assert.throws(() => parseUpFlags(['--only', 'connect']), code('HW_CLI_NOT_BUILT', /connect/));
  assert.equal(parseUpFlags(['--secure']).isSecure, true);
});
