import type { AuthOptions, CircuitBreakerSettings } from '@headwater/gateway';
import type { Example } from '../example.ts';
import { partKeys } from '../part-table.ts';
import { routesThatLead } from '../routes-that-lead.ts';
import { serviceUrl } from '../service-environment.ts';
import type { Ground } from './ground.ts';

/** Services tell discovery, and it the gateway, within some 100 ms. */
const instancesWaitMsMax = 2_000;

export async function startGateway(ground: Ground, example: Example | undefined): Promise<void> {
  const { host, settings } = ground.configuration.parts.gateway;
  const parts: Record<string, string> = {};
  for (const key of partKeys) {
    const address = ground.addresses[key];
    // An issuer's address names its realm; administration is beside it: `/api/identity/admin/realms/…`.
    if (address?.startsWith('http'))
      parts[key] = key === 'identity' ? address.replace(/\/realms\/[^/]+$/, '') : address;
  }
  // The event store speaks Kafka, the analytics store PostgreSQL's protocol: what the gateway forwards to is their admin addresses.
  if (ground.brokerAdminUrl !== null) parts['kafka'] = ground.brokerAdminUrl;
  if (ground.postgresAdminUrl !== null) parts['postgres'] = ground.postgresAdminUrl;
  if (ground.logsUrl !== null) parts['logs'] = ground.logsUrl;
  const env = ground.serviceEnvironment('gateway');
  // Without discovery nobody else knows where they are.
  const instances = ground.addresses.discovery === undefined ? addressesOf(ground) : {};
  const known = { ...instances, ...(settings['instances'] as Record<string, unknown> | undefined) };
  const routes = (example?.routes ?? []).map((route) => ({
    ...route,
    uri: route.uri.replace(/\$\{(\w+)\}/g, (_, name: string) => env[name] ?? ''),
  }));
  const fromExample = {
    routes:
      ground.addresses.discovery === undefined
        ? routesThatLead(routes, Object.keys(known), ground.logger('gateway'))
        : routes,
    instances,
    circuitBreakers: (example?.circuitBreakers ?? {}) as CircuitBreakerSettings,
  };
  const [{ startGateway }, { consoleDir }, { gatewaySettings }, live] = await Promise.all([
    import('@headwater/gateway'),
    import('@headwater/console'),
    import('../gateway-settings.ts'),
    import('../live-gateway-settings.ts'),
  ]);
  const gateway = await startGateway({
    ...gatewaySettings(ground.configuration, env),
    host,
    port: await ground.port('gateway'),
    ...live.liveGatewaySettings(settings, fromExample),
    parts,
    ...authOf(ground, settings['auth'] as AuthOptions | undefined),
    ...ground.security.gateway(),
    ...(ground.configuration.start.has('console') ? { consoleDir } : {}),
    logger: ground.logger('gateway'),
  });
  // Ready means that the routes work. A service that cannot start does not hold up the rest.
  const balanced = Object.keys(addressesOf(ground)).filter((name) =>
    fromExample.routes.some(({ uri }) => uri === `lb://${name}`),
  );
  await gateway.whenAllHaveInstances(balanced, AbortSignal.timeout(instancesWaitMsMax));
  const unfollow = live.followGatewaySettings(ground.configuration, fromExample, gateway, ground.logger('gateway'));
  ground.onClose('gateway', async () => {
    unfollow();
    await gateway.close();
  });
  ground.addresses.gateway = gateway.url;
  if (ground.configuration.start.has('console')) ground.addresses.console = gateway.url;
}

/** Service name → addresses of its instances. */
function addressesOf({ placed, security }: Ground): Record<string, string[]> {
  const addresses: Record<string, string[]> = {};
  for (const { port, service } of placed)
    if (port !== undefined) (addresses[service.name] ??= []).push(serviceUrl(port, security.scheme));
  return addresses;
}

/**
 * Who may call the gateway: by default whoever the identity part knows, and on a developer's loopback whoever calls without credentials.
 * People log in with a browser.
 */
function authOf(ground: Ground, given: AuthOptions | undefined): { auth?: AuthOptions } {
  const issuer = ground.addresses.identity;
  if (given === undefined && issuer === undefined) return {};
  const auth: AuthOptions = { ...(issuer !== undefined && { issuer }), ...given };
  const isOurs = auth.issuer === issuer && ground.configuration.start.has('identity');
  if (isOurs) auth.login ??= { clientId: 'headwater-web' };
  if (ground.configuration.isSecure) {
    auth.developer = false;
    // Each part asks who calls, and what for.
    auth.relayToParts ??= true;
  }
  return { auth };
}
