import type { AuthOptions, GatewayOptions } from '@headwater/gateway';
import type { Configuration } from './configuration.ts';
import type { ServiceEnvironment } from './service-environment.ts';

/** Those of `gateway: {…}` in headwater.yaml that the gateway takes as they are. */
const passed = [
  'allowedHosts',
  'allowedOrigins',
  'globalcors',
  'http2',
  'maxInFlight',
  'trustedProxies',
  'versions',
  'timeouts',
  'limits',
  'loadBalancer',
  'circuitBreakers',
  'properties',
  'retryBudget',
  'tracing',
] as const;

/**
 * The settings of the gateway from headwater.yaml, and where it finds what it asks: `lb://name` in the part `discovery`, more routes in the part
 * `config`; where it puts its access log and spans; who calls at the part
 * `identity` (`auth.issuer` names another; without any, what comes is the upstreams' to judge).
 */
export function gatewaySettings(
  { parts, redisUrl, isSecure }: Configuration,
  env: ServiceEnvironment,
): Partial<GatewayOptions> {
  const { settings } = parts.gateway;
  const options: Record<string, unknown> = {};
  for (const key of passed) if (settings[key] !== undefined) options[key] = settings[key];
  const discoveryUrl = env['HEADWATER_DISCOVERY_URL'];
  const configUrl = env['HEADWATER_CONFIG_URL'];
  const kafkaUrl = env['HEADWATER_KAFKA_URL'];
  const zipkinUrl = env['HEADWATER_ZIPKIN_URL'];
  const issuer = isSecure ? undefined : env['HEADWATER_IDENTITY_URL'];
  const auth = { ...(issuer === undefined ? {} : { issuer }), ...(settings['auth'] as AuthOptions | undefined) };
  return {
    ...options,
    ...(discoveryUrl === undefined ? {} : { discoveryUrl }),
    ...(configUrl === undefined ? {} : { configServer: { url: configUrl } }),
    ...(kafkaUrl === undefined ? {} : { kafkaUrl }),
    ...(zipkinUrl === undefined ? {} : { zipkinUrl }),
    ...(redisUrl === undefined ? {} : { redis: { url: redisUrl } }),
    ...(Object.keys(auth).length === 0 ? {} : { auth }),
  };
}
