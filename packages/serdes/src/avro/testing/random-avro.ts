import { Decimal } from '../../decimal.ts';
import type { SeededRandom } from '../../testing/seeded-random.ts';
import type { AvroSchema } from '../avro-schema.ts';
import { typeNameOf } from '../avro-schema.ts';
import { decimalOf, isLongNumber, isUuidFixed, unionForm } from '../value-form.ts';

type Json = Record<string, unknown> | unknown[] | string;

/** Random schemas as people could write them: every type, logical types, types referred to by name, records in themselves. */
export class RandomAvro {
  readonly #random: SeededRandom;
  #names = 0;
  #known: { name: string; isRecord: boolean }[] = [];

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  schema(): Json {
    this.#names = 0;
    this.#known = [];
    return this.#type(3, true);
  }

  #type(depth: number, mayBeUnion: boolean): Json {
    const random = this.#random;
    const kinds = ['primitive', 'primitive', 'logical', 'enum', 'fixed', 'named'];
    if (depth > 0) kinds.push('record', 'record', 'record', 'array', 'map', ...(mayBeUnion ? ['union', 'union'] : []));
    switch (random.pick(kinds)) {
      case 'record': {
        const name = this.#name(true);
        const fields = Array.from({ length: random.below(6) }, (_, i) => ({
          name: `${random.pick(['f', 'value', '__proto__x', 'constructor', 'été'])}${i}`,
          type: this.#type(depth - 1, true),
        }));
        // The way back to itself may end.
        if (random.chance(4)) fields.push({ name: 'next', type: ['null', name] });
        return { type: 'record', name, fields };
      }
      case 'array':
        return { type: 'array', items: this.#type(depth - 1, true) };
      case 'map':
        return { type: 'map', values: this.#type(depth - 1, true) };
      case 'union': {
        const branches = new Map<string, Json>();
        for (let i = random.below(5); i >= 0; i--) {
          const known = this.#known.length;
          const branch = this.#type(depth - 1, false);
          const name =
            typeof branch === 'string'
              ? branch
              : String((branch as { name?: string; type: string }).name ?? (branch as { type: string }).type);
          if (!branches.has(name)) branches.set(name, branch);
          // What is thrown away cannot be referred to.
          else this.#known.length = known;
        }
        return [...branches.values()];
      }
      case 'enum': {
        const symbols = Array.from({ length: 1 + random.below(70) }, (_, i) => `S${i}`);
        return { type: 'enum', name: this.#name(false), symbols };
      }
      case 'fixed':
        return {
          type: 'fixed',
          name: this.#name(false),
          ...random.pick([
            { size: random.below(40) },
            { size: 9, logicalType: 'decimal', precision: 20, scale: 4 },
            { size: 16, logicalType: 'uuid' },
          ]),
        };
      case 'logical':
        return random.pick<Json>([
          { type: 'bytes', logicalType: 'decimal', precision: 30, scale: 3 },
          { type: 'long', logicalType: 'timestamp-millis' },
          { type: 'long', logicalType: 'timestamp-micros' },
          { type: 'int', logicalType: 'date' },
          { type: 'string', logicalType: 'uuid' },
        ]);
      case 'named': {
        const known = this.#known.filter(({ isRecord }) => !isRecord);
        if (known.length > 0) return random.pick(known).name;
        return 'string';
      }
      default:
        return random.pick(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']);
    }
  }

  #name(isRecord: boolean): string {
    const name = `${this.#random.pick(['top', 'a', 'b.c'])}.T${this.#names++}`;
    this.#known.push({ name, isRecord });
    return name;
  }
}

/** One value in two forms: ours, and as a library has it that knows no logical types and wraps all unions. */
export interface Twin {
  ours: unknown;
  plain: unknown;
}

export function randomValue(schema: AvroSchema, random: SeededRandom, depth = 6): Twin {
  const same = (value: unknown): Twin => ({ ours: value, plain: value });
  switch (schema.type) {
    case 'null':
      return same(null);
    case 'boolean':
      return same(random.chance(2));
    case 'int':
      return same(Number(random.integer(32)));
    case 'long': {
      const isNumber = isLongNumber(schema, {});
      const value = random.integer(isNumber ? 53 : 64);
      return { ours: isNumber ? Number(value) : value, plain: value };
    }
    case 'float':
      return same(Math.fround((random.below(2 ** 32) - 2 ** 31) / 1024));
    case 'double':
      return same(random.pick([0, -0, 1e300, Number.NaN, Number.NEGATIVE_INFINITY, random.below(2 ** 32) / 7]));
    case 'string':
      return same(randomText(random));
    case 'enum':
      return same(random.pick(schema.symbols));
    case 'bytes':
    case 'fixed': {
      const bytes = random.bytes(schema.type === 'fixed' ? schema.size : random.below(50));
      const decimal = decimalOf(schema);
      if (decimal) {
        const unscaled = random.integer(60);
        return {
          ours: new Decimal(unscaled, decimal.scale),
          plain: twosComplement(unscaled, schema.type === 'fixed' ? schema.size : 0),
        };
      }
      if (!isUuidFixed(schema)) return { ours: bytes, plain: Buffer.from(bytes) };
      const hex = Buffer.from(bytes).toString('hex');
      return { ours: hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'), plain: Buffer.from(bytes) };
    }
    case 'array': {
      const items = Array.from({ length: depth > 0 ? random.below(4) : 0 }, () =>
        randomValue(schema.items, random, depth - 1),
      );
      return { ours: items.map(({ ours }) => ours), plain: items.map(({ plain }) => plain) };
    }
    case 'map': {
      const members = Array.from({ length: depth > 0 ? random.below(4) : 0 }, (_, i) => {
        return [`${randomText(random)}-${i}`, randomValue(schema.values, random, depth - 1)] as const;
      });
      return {
        ours: Object.fromEntries(members.map(([name, { ours }]) => [name, ours])),
        plain: Object.fromEntries(members.map(([name, { plain }]) => [name, plain])),
      };
    }
    case 'union': {
      const hasNull = schema.branches.some(({ type }) => type === 'null');
      const branch =
        depth <= 0 && hasNull ? schema.branches.find(({ type }) => type === 'null')! : random.pick(schema.branches);
      const { ours, plain } = randomValue(branch, random, depth - 1);
      if (branch.type === 'null') return same(null);
      const isWrapped = unionForm(schema, {}).wrapped[schema.branches.indexOf(branch)];
      return { ours: isWrapped ? { [typeNameOf(branch)]: ours } : ours, plain: { [typeNameOf(branch)]: plain } };
    }
    default: {
      const fields = schema.fields.map((field) => [field.name, randomValue(field.schema, random, depth - 1)] as const);
      return {
        ours: Object.fromEntries(fields.map(([name, { ours }]) => [name, ours])),
        plain: Object.fromEntries(fields.map(([name, { plain }]) => [name, plain])),
      };
    }
  }
}

export function randomText(random: SeededRandom): string {
  const length = random.pick([0, 1, 5, 20, 23, 24, 25, 63, 64, 200, 3000].slice(0, random.chance(50) ? 11 : 9));
  const letters = random.chance(4) ? ['a', 'é', '☕', '😀', '"', '\\', '\n', '\0'] : ['a', 'b', 'z'];
  return Array.from({ length }, () => random.pick(letters)).join('');
}

function twosComplement(value: bigint, size: number): Buffer {
  let taken = 1;
  while (BigInt.asIntN(taken * 8, value) !== value) taken++;
  const hex = BigInt.asUintN((size || taken) * 8, value).toString(16);
  return Buffer.from(hex.padStart((size || taken) * 2, '0'), 'hex');
}
