import { analyzeCreateSource } from '../analyzer/create-source.ts';
import { statementError } from '../analyzer/statement-error.ts';
import type { SqlEngine } from '../engine/sql-engine.ts';
import { schemaText } from '../schema/schema-text.ts';
import type { AssertSource } from '../syntax/ast/index.ts';

/** ASSERT STREAM|TABLE: that a source is as if it had been created so. @throws SqlError that says what is not */
export function assertSource({ catalog, settings }: SqlEngine, statement: AssertSource): void {
  const { columns, name, properties, sourceKind } = statement;
  const actual = catalog.source(name);
  if (actual === undefined) throw statementError(`Source ${name} does not exist.`, statement.range);
  const check = (what: string, expected: string, got: string) => {
    if (expected === got) return;
    throw statementError(
      `Expected ${what} does not match actual for source ${name}. Expected: ${expected}, actual: ${got}`,
    );
  };
  check('type', sourceKind, actual.kind);
  const { source } = analyzeCreateSource(
    {
      ...statement,
      kind: 'createSource',
      sourceKind,
      name,
      columns,
      properties,
      isOrReplace: false,
      isIfNotExists: false,
      isSource: false,
    },
    '',
    settings,
  );
  const [expectedSchema, schema] = [schemaText(source.schema), schemaText(actual.schema)];
  if (expectedSchema !== schema) {
    throw statementError(
      `Expected schema does not match actual for source ${name}. Expected: ${expectedSchema}, actual: ${schema}`,
    );
  }
  const shown = (value: unknown) => JSON.stringify(value ?? null);
  check('kafka topic', source.topic, actual.topic);
  check('key format', source.keyFormat.format.name, actual.keyFormat.format.name);
  check('value format', source.valueFormat.format.name, actual.valueFormat.format.name);
  check('key serde features', [...source.keyFormat.features].join(), [...actual.keyFormat.features].join());
  check('value serde features', [...source.valueFormat.features].join(), [...actual.valueFormat.features].join());
  check('window type', shown(source.keyFormat.window), shown(actual.keyFormat.window));
  check('timestamp column', shown(source.timestamp), shown(actual.timestamp));
}
