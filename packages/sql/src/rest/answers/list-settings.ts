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

/** SHOW PROPERTIES: what is set, by the server or by the request; secrets are not told. */
export function listProperties(engine: SqlEngine, { properties }: Session, text: string): PropertyList {
  const all = new Map([...engine.settings, ...properties]);
  const lines = [...all].map(([name, value]) => ({
    name,
    scope: name.startsWith('ksql.streams.') ? 'KSQL' : name.startsWith('ksql.') ? 'KSQL' : 'EMBEDDED CONNECT WORKER',
    value: secrets.test(name) ? null : value,
  }));
  return {
    '@type': 'properties',
    ...answerHead(text),
    properties: lines.sort((one, other) => (one.name < other.name ? -1 : 1)),
    overwrittenProperties: [...properties.keys()].sort(),
    defaultProperties: [...engine.settings.keys()].filter((name) => !properties.has(name)).sort(),
  };
}
