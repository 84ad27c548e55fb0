import type { HttpSecurity } from '@headwater/http';
import type { Logger } from '@headwater/logger';
import type { RegistryClient } from '@headwater/serdes';
import type { RecordTracer } from '@headwater/streams';
import type { FunctionRegistry } from '../functions/function-registry.ts';

export interface SqlServerOptions {
  /** 'host:port', several separated by commas. */
  readonly bootstrap: string;
  /** Default: none; formats that need one are refused. */
  readonly registryUrl?: string;
  /** In place of `registryUrl`: one that is there already. */
  readonly registry?: RegistryClient;
  /** Default 8088; 0: the system chooses. */
  readonly port?: number;
  /** Default 127.0.0.1: anybody who reaches another address can do what this server can. */
  readonly host?: string;
  /** TLS, and who may call. Default: neither. Servers of one service call one another as the one who asked. */
  readonly security?: HttpSecurity;
  /** `ksql.service.id`: begins the names of its groups and topics. Default 'default_'. */
  readonly serviceId?: string;
  /** A directory on a local disk for the state of queries. Default: none, it is read from changelogs at the start. */
  readonly stateDir?: string;
  /** By ksqlDB's names, such as `ksql.streams.auto.offset.reset`. */
  readonly settings?: Iterable<readonly [string, string]>;
  /** Default: those that are built in. */
  readonly functions?: FunctionRegistry;
  /** A folder of modules with functions of your own (`defineFunction`), added to these. Its files are run: name only what you trust. */
  readonly functionsDir?: string;
  /** Of the topic that statements are kept in, when it is made: by Kafka's names. */
  readonly commandTopicConfigs?: Readonly<Record<string, string>>;
  /** Makes spans of records that queries work on, where their trace is recorded. Default: none. */
  readonly tracer?: RecordTracer;
  readonly logger?: Logger;
}

export const defaultPort = 8088;
export const defaultServiceId = 'default_';
