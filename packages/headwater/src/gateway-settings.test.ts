import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfiguration } from './configuration.ts';
import { gatewaySettings } from './gateway-settings.ts';

const nowhere = '/nowhere';
const parts = {
  HEADWATER_DISCOVERY_URL: 'http://127.0.0.1:8761',
  HEADWATER_IDENTITY_URL: 'http://127.0.0.1:8180/realms/headwater',
};

test('alone the gateway asks nobody', () => {
  assert.deepEqual(gatewaySettings(loadConfiguration({}, {}, nowhere), {}), {});
});

test('beside discovery and identity it finds services, and asks who calls', () => {
  assert.deepEqual(gatewaySettings(loadConfiguration({}, {}, nowhere), parts), {
    discoveryUrl: 'http://127.0.0.1:8761',
    auth: { issuer: 'http://127.0.0.1:8180/realms/headwater' },
  });
});

test('its own settings are passed on, and its issuer wins', () => {
  const configuration = loadConfiguration({}, { HEADWATER_REDIS_URL: 'redis://127.0.0.1:6379' }, nowhere);
  Object.assign(configuration.parts.gateway.settings, {
    circuitBreakers: { orders: { slidingWindowSize: 20 } },
    auth: { issuer: 'https://issuer.example', audience: 'shop' },
    routes: [],
  });
  assert.deepEqual(gatewaySettings(configuration, parts), {
    circuitBreakers: { orders: { slidingWindowSize: 20 } },
    discoveryUrl: 'http://127.0.0.1:8761',
    redis: { url: 'redis://127.0.0.1:6379' },
    auth: { issuer: 'https://issuer.example', audience: 'shop' },
  });
});
