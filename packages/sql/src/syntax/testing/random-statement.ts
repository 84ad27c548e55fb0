import type {
  AliasedSource,
  ColumnDefinition,
  Expression,
  ListItems,
  Query,
  Relation,
  SelectItem,
  Statement,
  TimeSpan,
  WindowClause,
  WithProperties,
} from '../ast/index.ts';
import { timeUnits } from '../parser/parse-time-span.ts';
import { randomExpression, randomLiteral, randomName, randomType } from './random-expression.ts';
import type { SeededRandom } from './seeded-random.ts';

const range = null;
const sources = ['ORDERS', 'S', 'mixed', 'a-b', '2ND', 'SELECT', 'EMIT'];
const propertyNames = ['KAFKA_TOPIC', 'VALUE_FORMAT', 'PARTITIONS', 'TIMESTAMP', 'WITH'];

/** Any statement that is not one of test scripts. */
export function randomStatement(random: SeededRandom): Statement {
  const source = () => random.pick(sources);
  const is = () => random.chance(0.5);
  const name = () => randomName(random);
  const expression = () => randomExpression(random, 3);
  switch (random.below(16)) {
    case 0:
      return randomSource(random);
    case 1:
    case 2:
      return {
        kind: 'createAsSelect',
        range,
        sourceKind: random.pick(['STREAM', 'TABLE']),
        name: source(),
        isOrReplace: is(),
        isIfNotExists: is(),
        properties: randomProperties(random, propertyNames),
        query: randomQuery(random, true),
      };
    case 3:
      return {
        kind: 'insertInto',
        range,
        target: source(),
        properties: randomProperties(random, ['QUERY_ID']),
        query: randomQuery(random, true),
      };
    case 4:
      return {
        kind: 'insertValues',
        range,
        target: source(),
        columns: random.list(0, 3, name),
        values: random.list(0, 3, expression),
      };
    case 5:
      return {
        kind: 'dropSource',
        range,
        sourceKind: random.pick(['STREAM', 'TABLE']),
        name: source(),
        isIfExists: is(),
        isTopicDeleted: is(),
      };
    case 6: {
      const columns = random.list(1, 3, () => ({ name: name(), type: randomType(random) }));
      return { kind: 'alterSource', range, sourceKind: random.pick(['STREAM', 'TABLE']), name: source(), columns };
    }
    case 7:
      return { kind: 'createType', range, name: name(), type: randomType(random), isIfNotExists: is() };
    case 8:
      return {
        kind: random.pick(['terminate', 'pause', 'resume']),
        range,
        queryId: random.pick([null, 'CSAS_X_1', 'lower']),
      };
    case 9:
      return { kind: 'explain', range, statement: randomStatement(random), queryId: null };
    case 10:
      return randomListing(random);
    case 11:
      return { kind: 'deleteRows', range, target: source(), where: expression() };
    case 12:
      return {
        kind: 'printTopic',
        range,
        topic: random.pick(['t', 'a.b', "it's"]),
        isFromBeginning: is(),
        interval: random.pick([null, 2]),
        limit: random.pick([null, 3]),
      };
    default:
      return randomQuery(random, false);
  }
}

function randomSource(random: SeededRandom): Statement {
  const sourceKind = random.pick(['STREAM', 'TABLE'] as const);
  const key = sourceKind === 'STREAM' ? 'key' : 'primaryKey';
  const columns = random.list(0, 4, (): ColumnDefinition => {
    const constraint = random.pick([
      { kind: 'value' },
      { kind: key },
      { kind: 'headers' },
      { kind: 'header', key: "k'" },
    ] as const);
    return { range, name: randomName(random), type: randomType(random), constraint };
  });
  return {
    kind: 'createSource',
    range,
    sourceKind,
    name: random.pick(sources),
    isOrReplace: random.chance(0.3),
    isIfNotExists: random.chance(0.3),
    isSource: random.chance(0.3),
    columns,
    properties: randomProperties(random, propertyNames),
  };
}

function randomProperties(random: SeededRandom, names: readonly string[]): WithProperties {
  return new Map(names.filter(() => random.chance(0.4)).map((name) => [name, randomLiteral(random)]));
}

function randomListing(random: SeededRandom): Statement {
  const what = random.pick<ListItems['what']>([
    'STREAMS',
    'TABLES',
    'TOPICS',
    'QUERIES',
    'FUNCTIONS',
    'TYPES',
    'SINK CONNECTORS',
    'CONNECTOR PLUGINS',
  ]);
  const isExtended = ['STREAMS', 'TABLES', 'TOPICS', 'QUERIES'].includes(what) && random.chance(0.5);
  return { kind: 'list', range, what, isExtended, isAll: what === 'TOPICS' && random.chance(0.5) };
}

/** @param isPersistent with EMIT always: what is left out there is shown */
export function randomQuery(random: SeededRandom, isPersistent: boolean): Query {
  const expression = () => randomExpression(random, 3);
  const value = () => randomExpression(random, 2);
  const list = (): Expression[] | null => (random.chance(0.3) ? random.list(0, 3, value) : null);
  const where = random.chance(0.5) ? expression() : null;
  const order = () => ({
    expression: value(),
    isDescending: random.chance(0.5),
    nulls: random.pick([null, 'FIRST', 'LAST'] as const),
  });
  return {
    kind: 'query',
    range,
    select: random.list(1, 4, () => randomItem(random)),
    from: randomRelation(random),
    window: random.chance(0.3) ? randomWindow(random) : null,
    where,
    groupBy: list(),
    partitionBy: list(),
    having: random.chance(0.2) ? expression() : null,
    emit: isPersistent ? random.pick(['CHANGES', 'FINAL']) : random.pick([null, 'CHANGES', 'FINAL']),
    limit: random.chance(0.3) ? random.below(1000) : null,
    orderBy: random.chance(0.2) ? random.list(1, 2, order) : null,
  };
}

function randomItem(random: SeededRandom): SelectItem {
  if (random.chance(0.2)) return { kind: 'all', range, source: random.chance(0.5) ? randomName(random) : null };
  if (random.chance(0.1))
    return { kind: 'allFields', range, struct: { kind: 'column', range, source: null, name: randomName(random) } };
  const alias = random.chance(0.5) ? randomName(random) : null;
  const headerKey = random.chance(0.1) ? random.pick(["it's", 'trace', '']) : null;
  return { kind: 'column', range, expression: randomExpression(random, 4), alias, headerKey };
}

function randomRelation(random: SeededRandom): Relation {
  const source = (): AliasedSource => ({
    kind: 'source',
    range,
    name: random.pick(sources),
    alias: random.pick(sources),
  });
  let relation: Relation = source();
  for (let left = random.chance(0.3) ? 1 + random.below(3) : 0; left > 0; left--) {
    const grace = random.chance(0.3) ? randomSpan(random) : null;
    const before = randomSpan(random);
    const within = random.chance(0.5) ? { before, after: random.pick([before, randomSpan(random)]), grace } : null;
    const type = random.pick(['INNER', 'LEFT', 'RIGHT', 'FULL'] as const);
    const on = randomExpression(random, 2);
    const isGlobal = random.chance(0.2);
    relation = { kind: 'join', range, type, left: relation, right: source(), on, within, isGlobal };
  }
  return relation;
}

function randomSpan(random: SeededRandom): TimeSpan {
  const fixed = [...timeUnits.values()].filter(({ durationMs }) => durationMs !== null);
  const { unit, durationMs } = random.pick(fixed);
  // Amounts that no two units have in common: a before and an after that are equally long are shown as one.
  const amount = random.pick([1, 7, 13]);
  return { amount, unit, durationMs: amount * durationMs! };
}

function randomWindow(random: SeededRandom): WindowClause {
  const end = { retention: random.pick([null, randomSpan(random)]), grace: random.pick([null, randomSpan(random)]) };
  switch (random.below(3)) {
    case 0:
      return { kind: 'TUMBLING', size: randomSpan(random), ...end };
    case 1:
      return { kind: 'HOPPING', size: randomSpan(random), advance: randomSpan(random), ...end };
    default:
      return { kind: 'SESSION', gap: randomSpan(random), ...end };
  }
}
