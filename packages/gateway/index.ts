export { GatewayError, type GatewayErrorCode, gatewayErrors } from './src/errors.ts';
export { type Gateway, type GatewayOptions, startGateway } from './src/gateway.ts';
export type { LiveOptions } from './src/live/multiplexer.ts';
export type { Timeouts } from './src/proxy/exchange.ts';
export type { ComponentDefinition, RouteDefinition } from './src/routes/definition.ts';
export type { Call, Caller, Outcome } from './src/stages/call.ts';
export type { Endpoint, GatewayHost, GatewayModule, Observer } from './src/stages/module.ts';
export type { End, Guard, Instance, InstancePicker, RetryPolicy } from './src/stages/policies.ts';
export type { Phase, Stage, StageAnswer } from './src/stages/stage.ts';
