export { type Broker, type BrokerOptions, type StopOptions, startBroker } from './src/broker.ts';
export { BrokerError, type BrokerErrorCode } from './src/broker-error.ts';
export type { Clock, ClockTimer } from './src/clock/clock.ts';
export { ManualClock } from './src/clock/manual-clock.ts';
export type { BrokerClock } from './src/control/broker-clock.ts';
export type { FlowClient, FlowSnapshot, FlowTopic } from './src/flow.ts';
export { type RecoveryReport, StorageError, type StorageErrorCode } from './src/storage/index.ts';
