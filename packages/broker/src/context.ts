import type { Logger } from '@headwater/logger';
import type { Clock } from './clock/clock.ts';
import type { BrokerConfig } from './config/broker-config.ts';
import type { DynamicConfig } from './config/dynamic-config.ts';
import type { Endpoint } from './config/listeners.ts';
import type { BrokerFaults } from './faults/broker-faults.ts';
import type { FetchSessions } from './fetch/fetch-sessions.ts';
import type { FetchWaiters } from './fetch/fetch-waiters.ts';
import type { ReadBuffers } from './fetch/read-buffers.ts';
import type { Flow } from './flow.ts';
import type { GroupCoordinator } from './groups/coordinator.ts';
import type { OffsetsLog } from './groups/offsets-log.ts';
import type { LeveledLogger } from './log-level.ts';
import type { Connection } from './network/connection.ts';
import type { ClientQuotas } from './quotas/client-quotas.ts';
import type { Authorizer } from './security/authorizer.ts';
import type { ScramCredentials } from './security/sasl/scram-credentials.ts';
import type { LogStore } from './storage/index.ts';
import type { TransactionCoordinator } from './transactions/coordinator.ts';
import type { TransactionLog } from './transactions/transaction-log.ts';

/** What handlers work with. */
export interface BrokerContext {
  readonly brokerId: number;
  readonly clusterId: string;
  /** Ask when a value is needed: settings change while the broker runs. */
  readonly config: BrokerConfig;
  readonly dynamicConfig: DynamicConfig;
  readonly logLevel: LeveledLogger;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: LogStore;
  readonly authorizer: Authorizer;
  readonly scramCredentials: ScramCredentials;
  readonly quotas: ClientQuotas;
  readonly groups: GroupCoordinator;
  readonly offsetsLog: OffsetsLog;
  readonly transactions: TransactionCoordinator;
  readonly transactionLog: TransactionLog;
  readonly fetchSessions: FetchSessions;
  readonly fetchWaiters: FetchWaiters;
  readonly readBuffers: ReadBuffers;
  readonly flow: Flow;
  readonly faults: BrokerFaults;
  /** Where this client is told to find the broker. */
  endpointFor(connection: Connection): Endpoint;
  /** Answers that clients have not taken, in all; a little old. */
  unsentBytes(): number;
}
