import type { Session } from '../../engine/session.ts';
import type { SqlEngine } from '../../engine/sql-engine.ts';
import type { PropertyList, TypeList, VariableList } from '../entities/index.ts';
import { schemaInfo } from '../entities/schema-info.ts';
import { answerHead } from './answer-head.ts';

/** SHOW TYPES. */
export function listTypes(engine: SqlEngine, text: string): TypeList {
  const types = Object.fromEntries([...engine.catalog.types].map(([name, type]) => [name, schemaInfo(type)]));
  return { '@type': 'type_list', ...answerHead(text), types };
}

/** SHOW VARIABLES. */
export function listVariables({ variables }: Session, text: string): VariableList {
  const lines = [...variables].map(([name, value]) => ({ name, value }));
  return { '@type': 'variables', ...answerHead(text), variables: lines };
}

const secrets = /password|secret|credential|token|jaas/i;

/** Whether a setting's value is never told. */
export function isSecret(name: string): boolean {
  return secrets.test(name);
}

/** What holds where nobody has said otherwise, of the settings that this server goes by. */
const defaults: readonly (readonly [string, string])[] = [
  ['ksql.assert.schema.default.timeout.ms', '1000'],
  ['ksql.assert.topic.default.timeout.ms', '1000'],
  ['ksql.connect.request.timeout.ms', '5000'],
  ['ksql.connect.url', ''],
  ['ksql.output.topic.name.prefix', ''],
  ['ksql.persistence.default.format.key', 'KAFKA'],
  ['ksql.schema.registry.url', ''],
  ['ksql.service.id', 'default_'],
  ['ksql.streams.auto.offset.reset', 'latest'],
  ['ksql.streams.commit.interval.ms', '2000'],
  ['ksql.streams.processing.guarantee', 'at_least_once'],
  ['ksql.timestamp.throw.on.invalid', 'false'],
];

/** SHOW PROPERTIES: what the server and the request have set, and defaults; secrets are not told. */
export function listProperties(engine: SqlEngine, { properties }: Session, text: string): PropertyList {
  const server = new Map(named(engine.settings));
  const session = new Map(named(properties));
  const standard = new Map(defaults);
  const all = new Map([...standard, ...server, ...session]);
  const lines = [...all].map(([name, value]) => ({ name, scope: 'KSQL', value: isSecret(name) ? null : value }));
  const isOverwritten = (name: string) =>
    session.has(name) && session.get(name) !== (server.get(name) ?? standard.get(name));
  return {
    '@type': 'properties',
    ...answerHead(text),
    properties: lines.sort((one, other) => (one.name < other.name ? -1 : 1)),
    overwrittenProperties: [...session.keys()].filter(isOverwritten).sort(),
    defaultProperties: [...all].flatMap(([name, value]) => (standard.get(name) === value ? [name] : [])).sort(),
  };
}

/** Kafka's settings by their longer names. */
function named(settings: ReadonlyMap<string, string>): (readonly [string, string])[] {
  return [...settings].map(([name, value]) => [name.startsWith('ksql.') ? name : `ksql.streams.${name}`, value]);
}
