import type { SeededRandom } from '../../testing/seeded-random.ts';

type Json = unknown;
type Obj = Record<string, unknown>;

/** A schema that another became: as people change theirs, well and badly. */
export class EvolveAvro {
  readonly #random: SeededRandom;
  #names = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  evolve(schema: Json): Json {
    return this.#type(structuredClone(schema));
  }

  #type(schema: Json): Json {
    const random = this.#random;
    if (Array.isArray(schema)) return this.#union(schema);
    if (random.chance(12)) return this.#around(schema);
    if (typeof schema === 'string') return random.chance(4) ? this.#promoted(schema) : schema;
    const type = schema as Obj;
    switch (type['type']) {
      case 'record':
        return this.#record(type);
      case 'array':
        return { ...type, items: this.#type(type['items']) };
      case 'map':
        return { ...type, values: this.#type(type['values']) };
      case 'enum':
        return this.#renamed(this.#enum(type));
      case 'fixed':
        return this.#renamed(random.chance(10) ? { ...type, size: (type['size'] as number) + 1 } : type);
      default:
        return type;
    }
  }

  /** A union with it in it. */
  #around(schema: Json): Json {
    const branches = ['null', 'double', 'bytes'].filter((name) => name !== schema && name !== (schema as Obj)['type']);
    return this.#random.pick([
      [branches[0], schema],
      [schema, ...branches],
      [...branches.slice(1), schema],
    ]);
  }

  #promoted(schema: string): string {
    const to: Record<string, string[]> = {
      int: ['long', 'float', 'double', 'string'],
      long: ['float', 'double', 'int'],
      float: ['double', 'int'],
      string: ['bytes', 'int'],
      bytes: ['string'],
    };
    return this.#random.pick(to[schema] ?? [schema]);
  }

  #union(branches: Json[]): Json {
    const random = this.#random;
    if (random.chance(8) && branches.length > 0) return this.#type(random.pick(branches));
    const changed = branches.map((branch) => {
      // Two branches of one name are no union.
      return typeof branch === 'string' || ['array', 'map'].includes(String((branch as Obj)['type']))
        ? branch
        : this.#plain(branch);
    });
    if (random.chance(5) && changed.length > 1) changed.splice(random.below(changed.length), 1);
    if (random.chance(4)) changed.reverse();
    if (random.chance(5) && !changed.includes('null')) changed.push('null');
    return changed;
  }

  #plain(schema: Json): Json {
    const type = schema as Obj;
    if (type['type'] === 'record') return this.#record(type);
    return type['type'] === 'enum' ? this.#renamed(this.#enum(type)) : type;
  }

  #record(record: Obj): Json {
    const random = this.#random;
    let fields = (record['fields'] as Obj[]).map((field) => ({ ...field, type: this.#type(field['type']) }) as Obj);
    if (random.chance(3)) fields = fields.filter(() => !random.chance(3));
    if (random.chance(4)) fields.reverse();
    fields = fields.map((field) => {
      return random.chance(6)
        ? { ...field, name: `renamed${this.#names++}`, aliases: ['nobody', field['name']] }
        : field;
    });
    if (random.chance(3)) fields.push(this.#added());
    if (random.chance(20)) fields.push({ name: `needed${this.#names++}`, type: 'int' });
    return this.#renamed({ ...record, fields });
  }

  #added(): Obj {
    const name = `added${this.#names++}`;
    return {
      name,
      ...this.#random.pick<Obj>([
        { type: 'int', default: -7 },
        { type: 'long', default: 9007199254740000 },
        { type: 'double', default: 1.5 },
        { type: 'string', default: 'é"\n' },
        { type: 'bytes', default: '\u0000ÿ' },
        { type: ['null', 'int'], default: null },
        { type: ['int', 'null'], default: 3 },
        { type: { type: 'array', items: ['int', 'string'] }, default: [1, 2] },
        { type: { type: 'map', values: 'float' }, default: { a: 1.5 } },
        { type: { type: 'enum', name: `x.E${name}`, symbols: ['A', 'B'] }, default: 'B' },
        {
          type: {
            type: 'record',
            name: `x.R${name}`,
            fields: [
              { name: 'a', type: 'int', default: 4 },
              { name: 'b', type: 'string' },
            ],
          },
          default: { b: 'b' },
        },
      ]),
    };
  }

  #enum(type: Obj): Obj {
    const random = this.#random;
    let symbols = type['symbols'] as string[];
    if (random.chance(3)) symbols = [...symbols].reverse();
    if (random.chance(3)) symbols = symbols.filter((_, i) => i % 2 === 0);
    return random.chance(2) ? { ...type, symbols } : { ...type, symbols, default: symbols[0] };
  }

  /** Another namespace, an alias, or a new name and nothing that leads to it. Uses of the name are found again by the caller. */
  #renamed(type: Obj): Obj {
    const random = this.#random;
    const name = String(type['name']);
    if (!random.chance(6)) return type;
    const short = name.slice(name.lastIndexOf('.') + 1);
    return random.pick<Obj>([
      { ...type, name: `other.${short}` },
      { ...type, name: `other.New${short}`, aliases: [name] },
      { ...type, name: `other.New${short}` },
    ]);
  }
}
