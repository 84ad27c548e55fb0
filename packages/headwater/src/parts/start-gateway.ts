import type { AuthOptions } from '@headwater/gateway';
import type { Example } from '../example.ts';
import { partKeys } from '../part-table.ts';
import type { Ground } from './ground.ts';

export async function startGateway(ground: Ground, example: Example | undefined): Promise<void> {
  const { host, settings } = ground.configuration.parts.gateway;
  const parts: Record<string, string> = {};
  for (const key of partKeys) {
    const address = ground.addresses[key];
    // An issuer's address names its realm; administration is beside it: `/api/identity/admin/realms/…`.
    if (address?.startsWith('http'))
      parts[key] = key === 'identity' ? address.replace(/\/realms\/[^/]+$/, '') : address;
  }
  // The event store speaks Kafka, not HTTP: what the gateway forwards to is its admin address.
  if (ground.brokerAdminUrl !== null) parts['kafka'] = ground.brokerAdminUrl;
  if (ground.logsUrl !== null) parts['logs'] = ground.logsUrl;
  const env = ground.serviceEnvironment('gateway');
  const exampleRoutes = (example?.routes ?? []).map((route) => ({
    ...route,
    uri: route.uri.replace(/\$\{(\w+)\}/g, (_, name: string) => env[name] ?? ''),
  }));
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
    ...live.liveGatewaySettings(settings, exampleRoutes),
    parts,
    ...authOf(ground, settings['auth'] as AuthOptions | undefined),
    ...ground.security.gateway(),
    ...(ground.configuration.start.has('console') ? { consoleDir } : {}),
    logger: ground.logger('gateway'),
  });
  const unfollow = live.followGatewaySettings(ground.configuration, exampleRoutes, gateway, ground.logger('gateway'));
  ground.onClose('gateway', async () => {
    unfollow();
    await gateway.close();
  });
  ground.addresses.gateway = gateway.url;
  if (ground.configuration.start.has('console')) ground.addresses.console = gateway.url;
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
