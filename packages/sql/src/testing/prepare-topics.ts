import { analyzeCreateSource } from '../analyzer/create-source.ts';
import { Catalog } from '../catalog/catalog.ts';
import type { DataSource } from '../catalog/data-source.ts';
import { literalValue } from '../expressions/list-item.ts';
import { SqlError } from '../sql-error.ts';
import type { Statement } from '../syntax/ast/index.ts';
import { parseStatement, splitStatements } from '../syntax/parse.ts';
import type { MemoryTopics } from './memory-cluster.ts';
import type { TestCase } from './test-case.ts';

const partitionsOfOthers = 4;

interface PreparedStatement {
  readonly statement: Statement;
  readonly text: string;
}

/** Makes the topics that are there before the first statement: those of the case, of its records, and of all sources that it declares. */
export function prepareTopics(test: TestCase, topics: MemoryTopics): void {
  const declared = new Map<string, number | null>();
  const sinks = new Set<string>();
  for (const { statement } of statementsOf(test)) {
    if (statement.kind === 'createAsSelect' && !statement.properties.has('KAFKA_TOPIC')) sinks.add(statement.name);
    if (statement.kind !== 'createSource') continue;
    const topic = statement.properties.get('KAFKA_TOPIC');
    const partitions = statement.properties.get('PARTITIONS');
    if (topic === undefined) continue;
    declared.set(String(literalValue(topic)), partitions === undefined ? null : Number(literalValue(partitions)));
  }
  for (const { name, partitions, replicas } of test.topics) {
    topics.add({ name, partitions: partitions ?? declared.get(name) ?? 1, replicas });
  }
  const known = new Set(test.topics.map(({ name }) => name));
  for (const { topic } of test.inputs) if (!declared.has(topic)) declared.set(topic, null);
  for (const [name, partitions] of declared) {
    if (!known.has(name) && !sinks.has(name))
      topics.add({ name, partitions: partitions ?? partitionsOfOthers, replicas: 1 });
  }
}

/** The sources that a case declares with columns. What cannot be read is left to the engine to tell of. */
export function declaredSources(test: TestCase, settings: ReadonlyMap<string, string>): DataSource[] {
  return statementsOf(test).flatMap(({ statement, text }) => {
    if (statement.kind !== 'createSource' || statement.columns.length === 0) return [];
    try {
      return [analyzeCreateSource(statement, text, settings).source];
    } catch (error) {
      if (error instanceof SqlError) return [];
      throw error;
    }
  });
}

function statementsOf(test: TestCase): readonly PreparedStatement[] {
  const types = new Catalog();
  return splitStatements(test.statements.join('\n')).statements.flatMap(({ text }) => {
    try {
      const statement = parseStatement(text, { resolveType: (name) => types.type(name), variables: null });
      if (statement.kind === 'createType') types.registerType(statement.name, statement.type);
      return [{ statement, text }];
    } catch (error) {
      if (error instanceof SqlError) return [];
      throw error;
    }
  });
}
