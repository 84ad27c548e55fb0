export { GatewayError, type GatewayErrorCode, gatewayErrors } from './src/errors.ts';
export { type Gateway, type GatewayOptions, startGateway } from './src/gateway.ts';
export type { LiveOptions } from './src/live/multiplexer.ts';
export type { Timeouts } from './src/proxy/exchange.ts';
export type { ComponentDefinition, RouteDefinition } from './src/routes/definition.ts';
