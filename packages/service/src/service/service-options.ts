import type { HttpContext, HttpError, HttpTlsOptions } from '@headwater/http';
import type { ConfigValue } from '../config/config-layers.ts';
import type { SettingsSchema } from '../config/settings-fields.ts';
import type { LogStream } from '../observe/json-log.ts';
import type { LogSink } from '../observe/service-logger.ts';
import type { TopicDefinitions, TopicTypes } from '../topic-definitions.ts';

export interface ServiceOptions<S extends SettingsSchema, T extends { [N in keyof T]: TopicTypes }> {
  /** Its name everywhere: discovery, configuration, logs, traces, metrics, the client id. */
  name: string;
  /** Default `0.0.0`. */
  version?: string;
  description?: string;
  /** Default: `server.port` of the configuration, or any. */
  port?: number;
  /** Where it listens. Default 127.0.0.1. Another address is refused without TLS and an issuer, unless `insecure` is true. */
  host?: string;
  /** The name by which others reach it. Default: `host`. */
  advertisedHost?: string;
  insecure?: boolean;
  /** Default: the files that `HEADWATER_TLS_CERTIFICATE_FILE` and `HEADWATER_TLS_KEY_FILE` name; else none. */
  tls?: HttpTlsOptions;
  /** Settings below the service's name: defaults say the types, see `setting`. */
  settings?: S;
  /** Other properties that the service brings along, below everything else: `{ 'logging.level.root': 'DEBUG' }`. */
  defaults?: Readonly<Record<string, ConfigValue>>;
  /** Default: `spring.profiles.active` of the environment. */
  profiles?: readonly string[];
  label?: string;
  /** The start fails when the Config Server does not answer. Default false. */
  failFast?: boolean;
  /** Typed topics, as `headwater types` writes them. */
  topics?: TopicDefinitions<T>;
  /** Where everything else is: `HEADWATER_DISCOVERY_URL`, `HEADWATER_CONFIG_URL`, … Default `process.env`. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Addresses of services that no discovery knows. */
  addresses?: Readonly<Record<string, string | readonly string[]>>;
  /** Zone of this instance: others of the same zone are called first. Default: `HEADWATER_ZONE`. */
  zone?: string;
  metadata?: Readonly<Record<string, string>>;
  renewalSeconds?: number;
  /** One of them must be in `aud` of a token. Default: any token of the issuer. */
  audience?: string | readonly string[];
  /** The version of a path that is served when none is asked for. Default: the first that was given. */
  defaultVersion?: string | number;
  maxBodyBytes?: number;
  /** Writes errors in a shape of its own. */
  onError?: (error: HttpError, ctx: HttpContext) => void;
  /** Gets the log lines. Default: JSON on standard output, by pino. */
  logger?: LogSink;
  /** Gets the JSON lines in place of standard output. */
  logStream?: LogStream;
  /** Paths of fields whose values are not to be logged, besides passwords, secrets and tokens. */
  redact?: readonly string[];
  /** How long a stop waits for callers to hear of it, at most. Default 500 ms; none where nobody calls. */
  drainMs?: number;
}
