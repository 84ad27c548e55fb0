import type { Logger } from '@headwater/logger';

/**
 * Where discovery does not run: the routes whose `lb://name` is one of the services that have an address, and those that need none.
 * The gateway would refuse the others, and with them all; they are left out with a warning.
 */
export function routesThatLead<R extends { id: string; uri: string }>(
  routes: readonly R[],
  services: readonly string[],
  logger: Pick<Logger, 'warn'>,
): R[] {
  const known = new Set(services.map((name) => name.toLowerCase()));
  return routes.filter(({ id, uri }) => {
    const name = /^lb:\/\/([^/:]+)/i.exec(uri)?.[1];
    if (name === undefined || known.has(name.toLowerCase())) return true;
    logger.warn(
      { route: id, service: name },
      `route ${id} is left out: nobody knows where ${name} is. Start discovery too, or list its addresses in gateway.instances`,
    );
    return false;
  });
}
