import { unwatchFile, watchFile } from 'node:fs';
import type { CircuitBreakerSettings, Gateway, RouteDefinition } from '@headwater/gateway';
import type { Logger } from '@headwater/logger';
import type { Configuration } from './configuration.ts';

/** What of `gateway: {…}` in headwater.yaml may change while the gateway runs. */
export interface LiveGatewaySettings {
  routes: readonly RouteDefinition[];
  instances: Readonly<Record<string, readonly string[]>>;
  circuitBreakers: CircuitBreakerSettings;
}

const lookMs = 500;

/** Routes, `instances` and `circuitbreakers`; those of the example that the file does not replace come after its own. */
export function liveGatewaySettings(
  settings: Readonly<Record<string, unknown>>,
  example: LiveGatewaySettings,
): LiveGatewaySettings {
  const own = (settings['routes'] ?? []) as RouteDefinition[];
  const breakers = (settings['circuitbreakers'] ?? settings['circuitBreakers'] ?? {}) as CircuitBreakerSettings;
  return {
    routes: [...own, ...example.routes.filter((route) => !own.some((each) => each?.id === route.id))],
    instances: { ...example.instances, ...(settings['instances'] as Record<string, string[]> | undefined) },
    circuitBreakers: { ...example.circuitBreakers, ...breakers },
  };
}

/** Puts changes of headwater.yaml in force, or says why not; returns what ends it. */
export function followGatewaySettings(
  configuration: Configuration,
  example: LiveGatewaySettings,
  gateway: Gateway,
  logger: Logger,
): () => void {
  const { file } = configuration;
  let before = JSON.stringify(liveGatewaySettings(configuration.parts.gateway.settings, example));
  let isRefused = false;
  const look = (): void => {
    isRefused = !take(isRefused);
  };
  const refused = (error: unknown): false => {
    const reason = (error as Error).message;
    logger.error({ file, reason }, 'the file as it is now is refused, the old routes stay');
    return false;
  };
  /** Whether the file is in force. One that was refused and is as before is told to the gateway too: nothing is wrong any more. */
  const take = (isAfterRefusal: boolean): boolean => {
    let next: LiveGatewaySettings;
    try {
      next = liveGatewaySettings(configuration.reload().parts.gateway.settings, example);
    } catch (error) {
      gateway.refuseConfiguration((error as Error).message);
      return refused(error);
    }
    const text = JSON.stringify(next);
    if (text === before && !isAfterRefusal) return true;
    try {
      gateway.setRoutes(next.routes, next.instances, next.circuitBreakers);
    } catch (error) {
      return refused(error);
    }
    before = text;
    logger.info({ file, routes: next.routes.length }, 'the routes of the file are in force');
    return true;
  };
  watchFile(file, { interval: lookMs, persistent: false }, look);
  return () => unwatchFile(file, look);
}
