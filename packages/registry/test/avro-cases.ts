/** Pairs of Avro schemas, of which the second one may or may not follow the first. */
export interface SchemaPair {
  name: string;
  earlier: string;
  next: string;
  /** What the reference says of them; it is asked for the others where it runs. */
  isCompatible?: boolean;
}

const record = (name: string, ...fields: object[]) => ({ type: 'record', name, fields });
const field = (name: string, type: unknown, more: object = {}) => ({ name, type, ...more });

/** Types that stand in the same field, each once as it was and once as it is. */
const types: Readonly<Record<string, unknown>> = {
  boolean: 'boolean',
  int: 'int',
  long: 'long',
  float: 'float',
  double: 'double',
  bytes: 'bytes',
  string: 'string',
  date: { type: 'int', logicalType: 'date' },
  'array of int': { type: 'array', items: 'int' },
  'array of long': { type: 'array', items: 'long' },
  'map of int': { type: 'map', values: 'int' },
  'map of string': { type: 'map', values: 'string' },
  'fixed of 2': { type: 'fixed', name: 'F', size: 2 },
  'fixed of 4': { type: 'fixed', name: 'F', size: 4 },
  'enum of A, B': { type: 'enum', name: 'E', symbols: ['A', 'B'] },
  'enum of A, B, C': { type: 'enum', name: 'E', symbols: ['A', 'B', 'C'] },
  'enum with a default': { type: 'enum', name: 'E', symbols: ['A', 'D'], default: 'D' },
  'record with a': record('R', field('a', 'int')),
  'record with a and b': record('R', field('a', 'int'), field('b', 'string')),
  'null or int': ['null', 'int'],
  'int or string': ['int', 'string'],
  'long or string': ['long', 'string'],
};

const pairs: [string, boolean, object, object][] = [
  ['a field goes', true, record('T', field('a', 'int'), field('b', 'int')), record('T', field('a', 'int'))],
  ['a field comes', false, record('T', field('a', 'int')), record('T', field('a', 'int'), field('b', 'int'))],
  [
    'a field comes with a default',
    true,
    record('T', field('a', 'int')),
    record('T', field('a', 'int'), field('b', 'int', { default: 0 })),
  ],
  [
    'a field comes that may be null',
    false,
    record('T', field('a', 'int')),
    record('T', field('a', 'int'), field('b', ['null', 'int'])),
  ],
  [
    'null by default',
    true,
    record('T', field('a', 'int')),
    record('T', field('a', 'int'), field('b', ['null', 'int'], { default: null })),
  ],
  ['renamed', false, record('T', field('a', 'int')), record('T', field('b', 'int'))],
  ['renamed with an alias', true, record('T', field('a', 'int')), record('T', field('b', 'int', { aliases: ['a'] }))],
  [
    'the alias has another type',
    false,
    record('T', field('a', 'string')),
    record('T', field('b', 'int', { aliases: ['a'] })),
  ],
  [
    'another order',
    true,
    record('T', field('a', 'int'), field('b', 'string')),
    record('T', field('b', 'string'), field('a', 'int')),
  ],
  ['the record has another name', false, record('T', field('a', 'int')), record('U', field('a', 'int'))],
  [
    'the old name is an alias',
    true,
    record('T', field('a', 'int')),
    { ...record('U', field('a', 'int')), aliases: ['T'] },
  ],
  ['another namespace', true, record('x.T', field('a', 'int')), record('y.T', field('a', 'int'))],
  ['doc', true, record('T', field('a', 'int')), { ...record('T', field('a', 'int')), doc: 'of old' }],
  [
    'an enum comes with its own default',
    false,
    record('T', field('a', 'int')),
    record('T', field('a', 'int'), field('e', { type: 'enum', name: 'E', symbols: ['A'], default: 'A' })),
  ],
  [
    'a record in a union gets a field',
    false,
    record('T', field('u', ['null', record('R', field('a', 'int'))])),
    record('T', field('u', ['null', record('R', field('a', 'int'), field('b', 'int'))])),
  ],
  [
    'recursive, wider',
    true,
    record('N', field('v', 'int'), field('next', ['null', 'N'])),
    record('N', field('v', 'long'), field('next', ['null', 'N'])),
  ],
  [
    'recursive, narrower',
    false,
    record('N', field('v', 'long'), field('next', ['null', 'N'])),
    record('N', field('v', 'int'), field('next', ['null', 'N'])),
  ],
  [
    'one deep, missing',
    false,
    record('T', field('r', record('R', field('a', 'int')))),
    record('T', field('r', record('R', field('a', 'int'), field('b', record('S', field('c', 'int')))))),
  ],
  [
    'a union loses a branch',
    false,
    record('T', field('u', ['null', 'int', 'string'])),
    record('T', field('u', ['null', 'int'])),
  ],
  [
    'a union gets a branch',
    true,
    record('T', field('u', ['null', 'int'])),
    record('T', field('u', ['null', 'int', 'string'])),
  ],
  [
    'arrays of records',
    false,
    record('T', field('l', { type: 'array', items: record('R', field('a', 'int')) })),
    record('T', field('l', { type: 'array', items: record('R', field('a', 'string')) })),
  ],
];

/** Every type after every other one, and what cannot be said that way. */
export function avroPairs(): SchemaPair[] {
  const made: SchemaPair[] = pairs.map(([name, isCompatible, earlier, next]) => ({
    name,
    isCompatible,
    earlier: JSON.stringify(earlier),
    next: JSON.stringify(next),
  }));
  for (const [before, earlier] of Object.entries(types)) {
    for (const [after, next] of Object.entries(types)) {
      made.push({
        name: `${before}, then ${after}`,
        earlier: JSON.stringify(record('T', field('f', earlier))),
        next: JSON.stringify(record('T', field('f', next))),
      });
    }
  }
  return made;
}
