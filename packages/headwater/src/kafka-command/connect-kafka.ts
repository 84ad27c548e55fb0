import { bootstrapWithoutPassword, ClientError, createClient, type KafkaClient } from '@headwater/client';
import { loadConfiguration } from '../configuration.ts';
import { HeadwaterError } from '../headwater-error.ts';
import { readClientProperties } from './client-properties.ts';
import { type CommandContext, interruptedExitCode } from './command-context.ts';

/** Flags that every command of the log has. */
export const connectionFlags = {
  kafka: { type: 'string' },
  'command-config': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

export const connectionUsage = `  --kafka ADDRESS          host:port,… or kafka+ssl://user:password@host:port?ca=FILE
                           (default: HEADWATER_KAFKA_URL, headwater.yaml, or 127.0.0.1:9092)
  --command-config FILE    security.protocol, sasl.* and ssl.*, as Kafka's own tools read them
  --json                   for scripts
Exit codes: 0 done, 1 it did not work, 2 wrong usage, 130 ended by Ctrl-C.`;

export interface ConnectionValues {
  readonly kafka?: string | undefined;
  readonly 'command-config'?: string | undefined;
}

/** A cluster, and what it is called in messages. */
export interface Connected {
  readonly client: KafkaClient;
  readonly address: string;
}

/** A person waits for it: shorter than the client's own patience, long enough for a broker that starts. */
const retryTimeoutMs = 5_000;

/**
 * Runs a command on the cluster that the flags, the environment or headwater.yaml name, and closes the client after it. An interrupted one
 * gives 130; a cluster that does not answer is said so, with its address.
 */
export async function withKafka(
  values: ConnectionValues,
  context: CommandContext,
  run: (connected: Connected) => Promise<number>,
): Promise<number> {
  const file = values['command-config'];
  const properties = file === undefined ? {} : readClientProperties(file, context.cwd);
  const bootstrap = values.kafka ?? properties.bootstrap ?? configuredKafka(context);
  const address = bootstrapWithoutPassword(bootstrap);
  let client: KafkaClient;
  try {
    client = createClient({
      bootstrap,
      clientId: 'headwater-cli',
      retryTimeoutMs,
      ...(properties.ssl !== undefined && { ssl: properties.ssl }),
      ...(properties.sasl !== undefined && { sasl: properties.sasl }),
    });
  } catch (cause) {
    throw new HeadwaterError('HW_CLI_KAFKA', (cause as Error).message, cause);
  }
  try {
    return await run({ client, address });
  } catch (error) {
    if (context.signal.aborted) return interruptedExitCode;
    throw explained(error, address);
  } finally {
    await client.close();
  }
}

export function configuredKafka({ env, cwd }: Pick<CommandContext, 'env' | 'cwd'>): string {
  // Before the file, so that a command works anywhere with the variable alone.
  const given = env['HEADWATER_KAFKA_URL'];
  if (given) return given;
  const { url, host, port } = loadConfiguration({}, env, cwd).parts.kafka;
  return url ?? `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function explained(error: unknown, address: string): unknown {
  if (!(error instanceof ClientError)) return error;
  if (error.code === 'HW_CLIENT_CONNECT_FAILED' || error.code === 'HW_CLIENT_DISCONNECTED') {
    return new HeadwaterError(
      'HW_KAFKA_AWAY',
      `no Kafka answers at ${address} (${error.message}): is it running? npm start brings one up; --kafka HOST:PORT names another`,
      error,
    );
  }
  if (error.code === 'HW_CLIENT_BAD_ANSWER') {
    return new HeadwaterError(
      'HW_KAFKA_AWAY',
      `what answers at ${address} is no Kafka without TLS (${error.message}): for TLS write kafka+ssl://${address}`,
      error,
    );
  }
  if (error.code === 'HW_CLIENT_AUTHENTICATION_FAILED' || error.code === 'HW_CLIENT_TLS_FAILED') {
    return new HeadwaterError(
      error.code,
      `${error.message}: --kafka kafka+ssl://user:password@${address}?ca=FILE, or --command-config FILE, says how to log in`,
      error,
    );
  }
  return error;
}
