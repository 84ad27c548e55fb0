export type { Clock } from './src/clock.ts';
export { type Discovery, type DiscoveryOptions, startDiscovery } from './src/discovery.ts';
export { DiscoveryError, type DiscoveryErrorCode } from './src/discovery-error.ts';
export { readSelfPreservation } from './src/read-settings.ts';
export type { SelfPreservationOptions } from './src/registry/self-preservation.ts';
