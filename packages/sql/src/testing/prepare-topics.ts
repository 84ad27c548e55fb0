import { literalValue } from '../expressions/list-item.ts';
import { SqlError } from '../sql-error.ts';
import type { CreateSource } from '../syntax/ast/index.ts';
import { parseStatement, splitStatements } from '../syntax/parse.ts';
import { sqlTypes } from '../types/sql-type.ts';
import type { MemoryTopics } from './memory-cluster.ts';
import type { TestCase } from './test-case.ts';

const partitionsOfOthers = 4;

/** Makes the topics that are there before the first statement: those of the case, of its records, and of all sources that it declares. */
export function prepareTopics(test: TestCase, topics: MemoryTopics): void {
  for (const { name, partitions, replicas } of test.topics) topics.add({ name, partitions, replicas });
  const known = new Set(test.topics.map(({ name }) => name));
  const others = new Map<string, number>();
  for (const source of declaredSources(test)) {
    const { properties } = source;
    const topic = properties.get('KAFKA_TOPIC');
    const partitions = properties.get('PARTITIONS');
    if (topic === undefined) continue;
    others.set(
      String(literalValue(topic)),
      partitions === undefined ? partitionsOfOthers : Number(literalValue(partitions)),
    );
  }
  for (const { topic } of test.inputs) if (!others.has(topic)) others.set(topic, partitionsOfOthers);
  const sinks = sinkNames(test);
  for (const [name, partitions] of others)
    if (!known.has(name) && !sinks.has(name)) topics.add({ name, partitions, replicas: 1 });
}

/** CREATE STREAM|TABLE statements with columns. What cannot be read is left to the engine to tell of. */
export function declaredSources(test: TestCase): CreateSource[] {
  return statementsOf(test).flatMap((statement) => (statement.kind === 'createSource' ? [statement] : []));
}

function sinkNames(test: TestCase): ReadonlySet<string> {
  return new Set(
    statementsOf(test).flatMap((statement) =>
      statement.kind === 'createAsSelect' && !statement.properties.has('KAFKA_TOPIC') ? [statement.name] : [],
    ),
  );
}

function statementsOf(test: TestCase) {
  return splitStatements(test.statements.join('\n')).statements.flatMap((text) => {
    try {
      return [parseStatement(text, { resolveType: () => sqlTypes.string, variables: null })];
    } catch (error) {
      if (error instanceof SqlError) return [];
      throw error;
    }
  });
}
