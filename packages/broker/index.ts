export { type Broker, type BrokerListener, type BrokerOptions, type StopOptions, startBroker } from './src/broker.ts';
export { BrokerError, type BrokerErrorCode } from './src/broker-error.ts';
export type { Clock, ClockTimer } from './src/clock/clock.ts';
export { ManualClock } from './src/clock/manual-clock.ts';
export type { BrokerOauthOptions, BrokerTlsOptions, ListenerOptions } from './src/config/broker-listeners.ts';
export type { SecurityProtocol } from './src/config/listeners.ts';
export type { BrokerClock } from './src/control/broker-clock.ts';
export type { FencedProducer } from './src/control/fence-producer.ts';
export type { BrokerFaults } from './src/faults/broker-faults.ts';
export type * from './src/faults/fault-rule.ts';
export type { FaultStatus, InjectedFault } from './src/faults/injected-fault.ts';
export type { FlowClient, FlowSnapshot, FlowTopic } from './src/flow.ts';
export {
  createDevelopmentCa,
  type DevelopmentCa,
  type IssueOptions,
  type KeyAndCertificate,
} from './src/security/tls/development-ca.ts';
export type { SnapshotSource } from './src/snapshot/read-snapshot.ts';
export { type RecoveryReport, StorageError, type StorageErrorCode } from './src/storage/index.ts';
