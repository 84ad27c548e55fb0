import { type ConnectAnswer, ConnectAwayError, type ConnectClient } from '../../connect/connect-client.ts';
import { literalValue } from '../../expressions/list-item.ts';
import type { CreateConnector, DropConnector } from '../../syntax/ast/index.ts';
import { printStatement } from '../../syntax/printer/print-statement.ts';
import { ApiError, errorCodes } from '../api-error.ts';
import type { Entity } from '../entities/index.ts';
import { answerHead } from './answer-head.ts';

/** What of a connector's configuration is shown; all else may be a secret. */
const shown = new Set(['connector.class']);

/** The statement as it is told of: its settings may hold secrets. */
export function maskedConnector(statement: CreateConnector): string {
  const masked = { kind: 'string', range: null, value: '[string]' } as const;
  const properties = new Map(
    [...statement.properties].map(([name, value]) => [name, shown.has(name.toLowerCase()) ? value : masked]),
  );
  return `${printStatement({ ...statement, properties })};`;
}

/** Asks Connect, and makes an error of ksqlDB's shape of what is not answered. */
export async function asked(
  connect: ConnectClient | null,
  statementText: string,
  ask: (client: ConnectClient) => Promise<ConnectAnswer>,
): Promise<ConnectAnswer> {
  if (connect === null) {
    const message =
      'This server knows of no Kafka Connect. Start it with ksql.connect.url, the address of a worker such as http://127.0.0.1:8083';
    throw new ApiError(errorCodes.badStatement, message, { statementText });
  }
  try {
    return await ask(connect);
  } catch (error) {
    if (!(error instanceof ConnectAwayError)) throw error;
    const message = `Kafka Connect does not answer: ${error.message}. Check that a worker runs there, or start this server with another ksql.connect.url`;
    throw new ApiError(errorCodes.serverError, message, { cause: error, statementText });
  }
}

/** The value, or Connect's own status and words. */
export async function answered(
  connect: ConnectClient | null,
  statementText: string,
  doing: string,
  ask: (client: ConnectClient) => Promise<ConnectAnswer>,
): Promise<unknown> {
  const answer = await asked(connect, statementText, ask);
  if (answer.isDone) return answer.value;
  throw new ApiError(answer.status * 100, `Failed to ${doing}: ${answer.text}`);
}

/**
 * What ksqlDB looks at before any statement of a script is done: whether there is one of the name, and what the plugin says.
 *
 * @throws ApiError
 */
export async function checkConnector(connect: ConnectClient | null, statement: CreateConnector): Promise<void> {
  const text = maskedConnector(statement);
  const { name } = statement;
  if (!statement.isIfNotExists && (await isKnown(connect, text, name)))
    throw new ApiError(40900, `Connector ${name} already exists`);
  const config = configOf(statement);
  const plugin = config['connector.class'];
  if (plugin === undefined) throw invalid('Connector config contains no connector type: name its connector.class');
  if (plugin.trim() === '') throw invalid('Connector type cannot be empty');
  const answer = await asked(connect, text, (client) => client.validate(plugin, config));
  if (!answer.isDone) throw invalid(answer.text);
  const faults = faultsOf(answer.value);
  if (faults.length > 0) throw invalid(faults.join('\n'));
}

function invalid(message: string): ApiError {
  return new ApiError(errorCodes.badRequest, `Validation error: ${message}`);
}

/** CREATE SOURCE|SINK CONNECTOR. */
export async function createConnector(connect: ConnectClient | null, statement: CreateConnector): Promise<Entity> {
  const text = maskedConnector(statement);
  const { isIfNotExists, name } = statement;
  if (isIfNotExists && (await isKnown(connect, text, name)))
    return { '@type': 'warning_entity', ...answerHead(text), message: `Connector ${name} already exists` };
  const info = await answered(connect, text, 'create connector', (client) => client.create(name, configOf(statement)));
  return { '@type': 'connector_info', ...answerHead(text), info };
}

/** DROP CONNECTOR. */
export async function dropConnector(
  connect: ConnectClient | null,
  { isIfExists, name }: DropConnector,
  text: string,
): Promise<Entity> {
  const answer = await asked(connect, text, (client) => client.delete(name));
  if (answer.isDone) return { '@type': 'drop_connector', ...answerHead(text), connectorName: name };
  if (isIfExists && answer.status === 404)
    return { '@type': 'warning_entity', ...answerHead(text), message: `Connector '${name}' does not exist.` };
  throw new ApiError(answer.status * 100, `Failed to drop connector: ${answer.text}`);
}

async function isKnown(connect: ConnectClient | null, text: string, name: string): Promise<boolean> {
  const answer = await asked(connect, text, (client) => client.connectors());
  if (!answer.isDone)
    throw new ApiError(errorCodes.serverError, `Failed to check for existing connector: ${answer.text}`, {
      statementText: text,
    });
  const names = Array.isArray(answer.value) ? answer.value : [];
  return names.some((each) => String(each).toLowerCase() === name.toLowerCase());
}

/** Literals as texts; what Connect's workers want. */
function configOf({ name, properties }: CreateConnector): Record<string, string> {
  const config = Object.fromEntries(
    [...properties].map(([key, value]) => [key, String(literalValue(value) ?? '')] as const),
  );
  return { ...withRecordKey(config), name };
}

/** ksqlDB's shorthand for the source that reads tables over JDBC: `key` is the column that becomes the records' key. */
function withRecordKey(config: Record<string, string>): Record<string, string> {
  if (config['connector.class'] !== 'io.confluent.connect.jdbc.JdbcSourceConnector') return config;
  const { key, ...others }: Record<string, string> = { 'tasks.max': '1', ...config };
  if (key === undefined) return others;
  const own = 'ksqlCreateKey,ksqlExtractString';
  return {
    ...others,
    transforms: others['transforms'] === undefined ? own : `${others['transforms']},${own}`,
    'transforms.ksqlCreateKey.type': 'org.apache.kafka.connect.transforms.ValueToKey',
    'transforms.ksqlCreateKey.fields': key,
    'transforms.ksqlExtractString.type': 'org.apache.kafka.connect.transforms.ExtractField$Key',
    'transforms.ksqlExtractString.field': key,
  };
}

function faultsOf(validated: unknown): string[] {
  const { configs = [] } = (validated ?? {}) as {
    configs?: readonly { value?: { name?: string; errors?: readonly string[] } }[];
  };
  return configs.flatMap(({ value }) =>
    value?.errors === undefined || value.errors.length === 0 ? [] : [`${value.name} - ${value.errors.join('. ')}`],
  );
}
