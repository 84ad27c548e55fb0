/** Cases of schema inference: a schema, whose columns are to be found, and records of it that have to come through a query as they were. */

interface AvroField {
  readonly name: string;
  readonly type: AvroType;
}

type AvroType =
  | string
  | readonly AvroType[]
  | { readonly type: 'record'; readonly name: string; readonly fields: readonly AvroField[] }
  | { readonly type: 'array'; readonly items: AvroType }
  | { readonly type: 'map'; readonly values: AvroType }
  | { readonly type: 'enum'; readonly name: string; readonly symbols: readonly string[] };

interface InferenceCase {
  readonly name: string;
  readonly format: string;
  readonly schema: { readonly fields: readonly AvroField[] };
}

/** A value as it is written, and as it is read: with names in upper case and a field for each branch of a union. */
interface Pair {
  readonly written: unknown;
  readonly read: unknown;
}

const recordsCount = 100;

/** The same cases in the test format that the others have; undefined for a file that has those already. */
export function inferenceCases(text: string, seed: number): string | undefined {
  const { tests } = JSON.parse(text) as { tests: Partial<InferenceCase>[] };
  if (!tests.every((test) => test.schema !== undefined && test.format !== undefined)) return undefined;
  const random = new RandomValues(seed);
  return JSON.stringify({
    feature: 'schema-inference',
    tests: (tests as InferenceCase[]).map(({ format, name, schema }) => {
      const pairs = Array.from({ length: recordsCount }, () => random.record(schema.fields));
      const columns = schema.fields.map((field) => field.name).join(', ');
      const record = (topic: string, value: unknown) => ({ topic, key: 'test-key', value, timestamp: 0 });
      return {
        name,
        topics: [{ name: 'TEST_INPUT', valueFormat: format, valueSchema: schema }],
        statements: [
          `CREATE STREAM TEST_INPUT (ROWKEY STRING KEY) WITH (KAFKA_TOPIC='TEST_INPUT', VALUE_FORMAT='${format}');`,
          `CREATE STREAM TEST_OUTPUT AS SELECT ROWKEY, ${columns} FROM TEST_INPUT;`,
        ],
        inputs: pairs.map(({ written }) => record('TEST_INPUT', written)),
        outputs: pairs.map(({ read }) => record('TEST_OUTPUT', read)),
      };
    }),
  });
}

class RandomValues {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  record(fields: readonly AvroField[]): Pair {
    const pairs = fields.map(({ name, type }) => ({ name, ...this.value(type) }));
    return {
      written: Object.fromEntries(pairs.map(({ name, written }) => [name, written])),
      read: Object.fromEntries(pairs.map(({ name, read }) => [name.toUpperCase(), read])),
    };
  }

  value(type: AvroType): Pair {
    if (typeof type === 'string') return same(this.#scalar(type));
    if (!('type' in type)) return this.#union(type);
    switch (type.type) {
      case 'record':
        return this.record(type.fields);
      case 'array': {
        const items = this.#list(() => this.value(type.items));
        return { written: items.map(({ written }) => written), read: items.map(({ read }) => read) };
      }
      case 'map': {
        const entries = this.#list((index) => ({ key: `k${index}`, ...this.value(type.values) }));
        return {
          written: Object.fromEntries(entries.map(({ key, written }) => [key, written])),
          read: Object.fromEntries(entries.map(({ key, read }) => [key, read])),
        };
      }
      case 'enum':
        return same(type.symbols[this.#below(type.symbols.length)]);
      default:
        return this.value((type as { type: AvroType }).type);
    }
  }

  #union(branches: readonly AvroType[]): Pair {
    const place = this.#below(branches.length);
    const chosen = branches[place]!;
    const others = branches.filter((branch) => branch !== 'null');
    if (others.length === 1) return chosen === 'null' ? same(null) : this.value(chosen);
    if (chosen === 'null') return same(null);
    const pair = this.value(chosen);
    return {
      written: { [branchName(chosen)]: pair.written },
      read: Object.fromEntries(
        others.map((branch) => [branchName(branch).toUpperCase(), branch === chosen ? pair.read : null]),
      ),
    };
  }

  #scalar(type: string): unknown {
    switch (type) {
      case 'null':
        return null;
      case 'boolean':
        return this.#below(2) === 0;
      case 'int':
        return this.#below(2 ** 32) - 2 ** 31;
      case 'long':
        return (this.#below(2 ** 20) - 2 ** 19) * 2 ** 32 + this.#below(2 ** 32);
      case 'float':
        return this.#below(1_000) / 8;
      case 'double':
        return this.#below(2 ** 30) / 1_024;
      case 'bytes':
        return Buffer.from([this.#below(256), this.#below(256)]).toString('base64');
      default:
        return `text ${this.#below(1_000_000)}`;
    }
  }

  #list<T>(make: (index: number) => T): T[] {
    return Array.from({ length: this.#below(4) }, (_, index) => make(index));
  }

  #below(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  }
}

function same(value: unknown): Pair {
  return { written: value, read: value };
}

function branchName(type: AvroType): string {
  if (typeof type === 'string') return type;
  if (!('type' in type)) return 'union';
  return 'name' in type ? type.name : type.type;
}
