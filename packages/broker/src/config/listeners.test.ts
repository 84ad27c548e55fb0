import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBroker } from '../../index.ts';
import { BrokerConfig, type ConfigInput } from './broker-config.ts';
import { brokerListeners, type NetworkOptions } from './broker-listeners.ts';

const listeners = (config: ConfigInput, options: NetworkOptions = {}, isSasl = false) =>
  brokerListeners(options, new BrokerConfig(config), isSasl).map(({ name, protocol, host, port, advertised }) =>
    [name, protocol, `${host}:${port}`, advertised === null ? null : `${advertised.host}:${advertised.port}`].join(' '),
  );

test('listeners, their protocols and what they advertise come from settings as in Kafka', () => {
  const config = {
    listeners: 'inside://127.0.0.1:9092, OUTSIDE://[::1]:9093,SSL://127.0.0.1:0',
    'listener.security.protocol.map': 'INSIDE:PLAINTEXT,OUTSIDE:SASL_SSL,SSL:SSL',
    'advertised.listeners': 'OUTSIDE://kafka.example:19093',
  };
  assert.deepEqual(listeners(config), [
    'INSIDE PLAINTEXT 127.0.0.1:9092 ',
    'OUTSIDE SASL_SSL ::1:9093 kafka.example:19093',
    'SSL SSL 127.0.0.1:0 ',
  ]);
});

test('listeners come from options, and the usual protocol from what else is asked for', () => {
  assert.deepEqual(listeners({}), ['PLAINTEXT PLAINTEXT 127.0.0.1:0 ']);
  assert.deepEqual(listeners({}, { tls: true }), ['SSL SSL 127.0.0.1:0 ']);
  assert.deepEqual(listeners({}, { tls: true, port: 9 }, true), ['SASL_SSL SASL_SSL 127.0.0.1:9 ']);
  const two = [{ protocol: 'PLAINTEXT' as const }, { name: 'outside', host: '0.0.0.0', advertised: '[::1]:7' }];
  assert.deepEqual(listeners({}, { tls: true, listeners: two }, true), [
    'PLAINTEXT PLAINTEXT 127.0.0.1:0 ',
    'OUTSIDE SASL_SSL 0.0.0.0:0 ::1:7',
  ]);
});

test('what cannot be meant is refused in so many words', () => {
  const wrong: [ConfigInput, NetworkOptions, RegExp][] = [
    [{ listeners: 'INSIDE://:9092' }, {}, /No protocol is known for listener INSIDE/],
    [{ listeners: 'PLAINTEXT://:9092,PLAINTEXT://:9093' }, {}, /PLAINTEXT twice/],
    [{ listeners: '127.0.0.1:9092' }, {}, /a listener looks like PLAINTEXT:\/\//],
    [{ listeners: 'PLAINTEXT://127.0.0.1:99999' }, {}, /a listener looks like/],
    [
      { listeners: 'PLAINTEXT://127.0.0.1:1' },
      { port: 1 },
      /said twice, by the setting listeners and the options host/,
    ],
    [{ 'listener.security.protocol.map': 'A:TLS', listeners: 'A://127.0.0.1:1' }, {}, /with one of PLAINTEXT, SSL/],
    [{ 'advertised.listeners': 'PLAINTEXT://0.0.0.0:1' }, {}, /which nobody can dial/],
    [{}, { listeners: [] }, /at least one listener/],
    [{}, { listeners: [{}, {}] }, /Two listeners have the name PLAINTEXT/],
    [{}, { listeners: [{ advertised: 'kafka' }] }, /"kafka" is not host:port/],
  ];
  for (const [config, options, message] of wrong) {
    assert.throws(() => listeners(config, options), { code: 'HW_BROKER_CONFIG', message });
  }
});

test('a listener that others can reach needs TLS and authentication, or to be meant', () => {
  const open = { host: '0.0.0.0' };
  const refused: [ConfigInput, NetworkOptions, boolean, RegExp][] = [
    [{}, open, false, /neither TLS nor authentication/],
    [{}, { ...open, tls: true }, false, /no authentication: add users/],
    [{}, open, true, /in the clear: add tls/],
    [{ listeners: 'PLAINTEXT://:9092' }, {}, false, /The listener PLAINTEXT on 0\.0\.0\.0/],
  ];
  for (const [config, options, isSasl, message] of refused) {
    assert.throws(() => listeners(config, options, isSasl), { code: 'HW_BROKER_INSECURE_LISTENER', message });
  }
  listeners({}, { ...open, insecure: true });
  listeners({}, { ...open, tls: true }, true);
  listeners({ 'ssl.client.auth': 'required' }, { ...open, tls: true });
});

test('a TLS listener without a certificate is refused with what to set', async () => {
  await assert.rejects(startBroker({ config: { listeners: 'SSL://127.0.0.1:0' } }), {
    code: 'HW_BROKER_CONFIG',
    message: /ssl\.keystore\.location .* or start the broker with tls: true/s,
  });
});
