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

/** Routes, `instances` and `circuitbreakers`; routes of the example that the file does not replace come after its own. */
export function liveGatewaySettings(
  settings: Readonly<Record<string, unknown>>,
  exampleRoutes: readonly RouteDefinition[],
): LiveGatewaySettings {
  const own = (settings['routes'] ?? []) as RouteDefinition[];
  return {
    routes: [...own, ...exampleRoutes.filter((route) => !own.some((each) => each?.id === route.id))],
    instances: (settings['instances'] ?? {}) as Record<string, string[]>,
    circuitBreakers: (settings['circuitbreakers'] ?? settings['circuitBreakers'] ?? {}) as CircuitBreakerSettings,
  };
}

/** Puts changes of headwater.yaml in force, or says why not; returns what ends it. */
export function followGatewaySettings(
  configuration: Configuration,
  exampleRoutes: readonly RouteDefinition[],
  gateway: Gateway,
  logger: Logger,
): () => void {
  const { file } = configuration;
  let before = JSON.stringify(liveGatewaySettings(configuration.parts.gateway.settings, exampleRoutes));
  const look = (): void => {
    try {
      const next = liveGatewaySettings(configuration.reload().parts.gateway.settings, exampleRoutes);
      const text = JSON.stringify(next);
      if (text === before) return;
      gateway.setRoutes(next.routes, next.instances, next.circuitBreakers);
      before = text;
      logger.info({ file, routes: next.routes.length }, 'the routes of the file are in force');
    } catch (error) {
      logger.error({ file, reason: (error as Error).message }, 'the file as it is now is refused, the old routes stay');
    }
  };
  watchFile(file, { interval: lookMs, persistent: false }, look);
  return () => unwatchFile(file, look);
}
