import type { ConnectClient, ConnectorInfo, ConnectorState } from '../../connect/connect-client.ts';
import type { SqlEngine } from '../../engine/sql-engine.ts';
import type { Entity } from '../entities/index.ts';
import { answerHead } from './answer-head.ts';
import { answered, asked } from './connect-statements.ts';
import { describeSource } from './describe-source.ts';

/** SHOW [SOURCE | SINK] CONNECTORS. */
export async function listConnectors(
  connect: ConnectClient | null,
  direction: 'source' | 'sink' | null,
  text: string,
): Promise<Entity> {
  const names = (await answered(connect, text, 'list connectors', (client) => client.connectors())) as string[];
  const warnings: string[] = [];
  const connectors: { name: string; type: string; className?: string; state?: string }[] = [];
  for (const name of names) {
    const described = await asked(connect, text, (client) => client.describe(name));
    if (!described.isDone) {
      warnings.push(`Could not describe connector ${name}: ${described.text}`);
      if (direction === null) connectors.push({ name, type: 'unknown' });
      continue;
    }
    const { config, type = 'unknown' } = described.value as ConnectorInfo;
    if (direction !== null && type !== direction) continue;
    const status = await asked(connect, text, (client) => client.status(name));
    const state = status.isDone ? summary(status.value as ConnectorState) : 'UNKNOWN';
    connectors.push({ name, type, className: config['connector.class'] ?? '', state });
  }
  return { '@type': 'connector_list', ...answerHead(text, warnings), connectors };
}

/** `RUNNING (1/2 tasks RUNNING)`; WARNING where no task runs. */
function summary({ connector, tasks }: ConnectorState): string {
  if (connector.state !== 'RUNNING') return connector.state;
  const running = tasks.filter(({ state }) => state === 'RUNNING').length;
  const word = tasks.length > 0 && running === 0 ? 'WARNING' : 'RUNNING';
  return `${word} (${running}/${tasks.length} tasks RUNNING)`;
}

/** SHOW CONNECTOR PLUGINS. */
export async function listPlugins(connect: ConnectClient | null, text: string): Promise<Entity> {
  const plugins = await answered(connect, text, 'list connector plugins', (client) => client.plugins());
  const connectorsPlugins = (plugins as { class?: string; type?: string; version?: string }[]).map(
    ({ class: className = '', type, version }) => ({
      className,
      ...(type !== undefined && { type }),
      ...(version !== undefined && { version }),
    }),
  );
  return { '@type': 'connector_plugins_list', ...answerHead(text), connectorsPlugins };
}

/** DESCRIBE CONNECTOR: also the topics that it has used, and the sources that are on these. */
export async function describeConnector(
  engine: SqlEngine,
  connect: ConnectClient | null,
  name: string,
  text: string,
): Promise<Entity> {
  const status = await answered(connect, text, 'query connector status', (client) => client.status(name));
  const info = await answered(connect, text, 'describe connector', (client) => client.describe(name));
  const used = await asked(connect, text, (client) => client.topics(name));
  const isForgotten = !used.isDone && used.status === 404;
  const warnings = used.isDone || isForgotten ? [] : [`Could not list related topics due to error: ${used.text}`];
  const topics = used.isDone
    ? ((used.value as Record<string, { topics?: readonly string[] }>)[name]?.topics ?? [])
    : [];
  const sources = await Promise.all(
    engine.catalog.sources
      .filter(({ topic }) => topics.includes(topic))
      .map((source) => describeSource(engine, source, false)),
  );
  return {
    '@type': 'connector_description',
    ...answerHead(text, warnings),
    connectorClass: (info as ConnectorInfo).config['connector.class'] ?? '',
    status: status as ConnectorState,
    sources,
    topics,
  };
}
