import { join } from 'node:path';
import type { Ground } from './ground.ts';

export async function startIdentity(ground: Ground): Promise<void> {
  const { host, settings } = ground.configuration.parts.identity;
  const { startIdentity } = await import('@headwater/identity');
  const { issuer, realm, keyRotationDays, trustedProxies } = settings;
  const isKafkaThere = ground.addresses.kafka !== undefined;
  const identity = await startIdentity({
    // A realm with secrets that everybody knows does not become a secure one.
    dataDir: join(ground.configuration.dataDir, ground.configuration.isSecure ? 'identity-secure' : 'identity'),
    host,
    port: await ground.port('identity'),
    ...ground.security.identity(),
    ...(isKafkaThere ? { bootstrap: ground.needed('kafka', 'identity') } : {}),
    ...(issuer === undefined ? {} : { issuer: String(issuer) }),
    ...(realm === undefined ? {} : { realm: realm as string }),
    ...(trustedProxies === undefined ? {} : { trustedProxies: [trustedProxies].flat().map(String) }),
    ...(keyRotationDays === undefined ? {} : { keyRotationDays: Number(keyRotationDays) }),
    logger: ground.logger('identity'),
  });
  ground.onClose('identity', () => identity.close());
  ground.addresses.identity = identity.issuer;
  ground.security.useIssuer(identity.issuer);
}
