import { isSameJson, type JsonObject, jsonText, parseJson, parseSchema } from '@headwater/serdes';
import type { Catalog } from '../catalog/catalog.ts';
import type { DataSource } from '../catalog/data-source.ts';
import { columnsText } from '../schema/schema-text.ts';
import { parseStatement } from '../syntax/parse.ts';
import type { MemoryTopics } from './memory-cluster.ts';
import type { MemoryRegistry } from './memory-registry.ts';
import { list, objectOf, type TestCase, textOf } from './test-case.ts';

/** What a case says of sources and topics after it has run, and is not so. */
export function checkSources(
  test: TestCase,
  catalog: Catalog,
  topics: MemoryTopics,
  registry: MemoryRegistry,
): string[] {
  const failures: string[] = [];
  for (const expected of test.sources) {
    const name = textOf(expected.get('name'))!;
    const source = catalog.source(name);
    if (source === undefined) {
      failures.push(`there is no source ${name}`);
      continue;
    }
    const differ = (what: string, wanted: string | null, got: string) => {
      if (wanted !== null && wanted !== got) failures.push(`source ${name}: ${what} is ${got}, expected ${wanted}`);
    };
    differ('type', textOf(expected.get('type'))?.toUpperCase() ?? null, source.kind);
    const schema = textOf(expected.get('schema'));
    if (schema !== null) differ('schema', schemaOf(schema, catalog), shownSchema(source));
    const keyFormat = objectOf(expected.get('keyFormat'));
    if (expected.has('keyFormat')) {
      differ('key format', textOf(keyFormat.get('format')), source.keyFormat.format.name);
      differ('window', textOf(keyFormat.get('windowType')) ?? 'none', source.keyFormat.window?.type ?? 'none');
      const size = textOf(keyFormat.get('windowSize'));
      if (size !== null) differ('window size', size, String(source.keyFormat.window?.sizeMs));
    }
    const valueFormat = expected.get('valueFormat');
    differ(
      'value format',
      typeof valueFormat === 'string' ? valueFormat : textOf(objectOf(valueFormat).get('format')),
      source.valueFormat.format.name,
    );
    if (expected.has('keyFeatures'))
      differ('key features', sorted(expected.get('keyFeatures')), [...source.keyFormat.features].sort().join());
    if (expected.has('valueFeatures'))
      differ('value features', sorted(expected.get('valueFeatures')), [...source.valueFormat.features].sort().join());
    const isSource = textOf(expected.get('isSource'));
    differ('isSource', isSource, String(source.isReadOnly));
  }
  for (const expected of test.expectedTopics) {
    const name = textOf(expected.get('name'))!;
    const topic = topics.all.find((each) => each.name === name);
    if (topic === undefined) {
      failures.push(`there is no topic ${name}`);
      continue;
    }
    failures.push(...schemaDifferences(name, expected, registry));
    const partitions = textOf(expected.get('partitions'));
    if (partitions !== null && Number(partitions) !== topic.partitions) {
      failures.push(`topic ${name}: ${topic.partitions} partitions, expected ${partitions}`);
    }
  }
  return failures;
}

function sorted(value: Parameters<typeof list>[0]): string {
  return list(value)
    .map((each) => textOf(each))
    .sort()
    .join();
}

/** Columns with key columns marked, however they are declared. */
function schemaOf(text: string, catalog: Catalog): string {
  const kind = /PRIMARY\s+KEY/i.test(text) ? 'TABLE' : 'STREAM';
  const statement = parseStatement(`CREATE ${kind} X (${text}) WITH (KAFKA_TOPIC='X');`, {
    resolveType: (name) => catalog.type(name),
  });
  if (statement.kind !== 'createSource') return text;
  const key = statement.columns.filter(
    ({ constraint }) => constraint.kind === 'key' || constraint.kind === 'primaryKey',
  );
  const others = statement.columns.filter((column) => !key.includes(column));
  return [columnsText(key, ' KEY'), columnsText(others)].filter((part) => part !== '').join(', ');
}

function shownSchema({ schema: { headers, key, value } }: DataSource): string {
  return [columnsText(key, ' KEY'), columnsText([...value, ...headers])].filter((part) => part !== '').join(', ');
}

/** The newest schemas of a topic that are not those expected: Avro and JSON as JSON, Protobuf as the registry keeps its text. */
function schemaDifferences(topic: string, expected: JsonObject, registry: MemoryRegistry): string[] {
  return (['key', 'value'] as const).flatMap((part) => {
    const wanted = expected.get(`${part}Schema`) ?? null;
    if (wanted === null) return [];
    const found = registry.latest(`${topic}-${part}`)?.source;
    if (found === undefined) return [`topic ${topic}: no schema for its ${part}s`];
    const text = typeof wanted === 'string' && found.schemaType === 'PROTOBUF' ? wanted : jsonText(wanted);
    const [one, other] = [text, found.schema].map((each) => parseSchema(found.schemaType, each).canonical);
    const isSame = found.schemaType === 'PROTOBUF' ? one === other : isSameJson(parseJson(one!), parseJson(other!));
    return isSame
      ? []
      : [`topic ${topic}: the schema of its ${part}s is ${found.schema}, expected ${jsonText(wanted)}`];
  });
}
