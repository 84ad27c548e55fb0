import { Decimal } from '@headwater/serdes';
import type { SeededRandom } from '../../syntax/testing/seeded-random.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { longOf } from '../../values/long.ts';

/** Signed, of every size alike. */
function randomInteger(random: SeededRandom, bits: number): bigint {
  const size = random.below(bits) + 1;
  const raw = (BigInt(random.below(2 ** 32)) << 32n) | BigInt(random.below(2 ** 32));
  return BigInt.asIntN(size, raw);
}

const scalars = ['BOOLEAN', 'INTEGER', 'BIGINT', 'DOUBLE', 'STRING', 'BYTES', 'TIME', 'DATE', 'TIMESTAMP'] as const;
const texts = ['', 'a', 'Ünï ☃ 𝄞', 'with "quotes" \\ and\nlines', 'x'.repeat(300), '12'];

/** Protobuf has no lists in lists, and no lists or maps in maps. */
export type Nesting = 'any' | 'protobuf';

export function randomType(random: SeededRandom, nesting: Nesting = 'any', depth = 0, isInList = false): SqlType {
  const kind = random.below(depth < 3 ? 14 : 10);
  if (isInList && nesting === 'protobuf' && (kind === 10 || kind === 11)) return { kind: 'BIGINT' };
  switch (kind) {
    case 10:
      return { kind: 'ARRAY', element: randomType(random, nesting, depth + 1, true) };
    case 11:
      return { kind: 'MAP', key: { kind: 'STRING' }, value: randomType(random, nesting, depth + 1, true) };
    case 12:
    case 13: {
      const fields = Array.from({ length: random.below(4) + 1 }, (_, index) => ({
        name: `F${index}`,
        type: randomType(random, nesting, depth + 1),
      }));
      return { kind: 'STRUCT', fields };
    }
    case 9: {
      const precision = random.below(30) + 1;
      return { kind: 'DECIMAL', precision, scale: random.below(precision + 1) };
    }
    default:
      return { kind: random.pick(scalars) };
  }
}

/** Without nulls unless they are asked for. */
export function randomValue(random: SeededRandom, type: SqlType, nullable: boolean): unknown {
  if (nullable && random.below(6) === 0) return null;
  switch (type.kind) {
    case 'BOOLEAN':
      return random.below(2) === 0;
    case 'INTEGER':
      return Number(randomInteger(random, 32));
    case 'DATE':
      return Number(randomInteger(random, 20));
    case 'BIGINT':
      return longOf(randomInteger(random, 64));
    case 'TIMESTAMP':
      return Number(randomInteger(random, 48));
    case 'TIME':
      return random.below(86_400_000);
    case 'DOUBLE':
      return random.pick([0, -0.5, 1e300, Number(randomInteger(random, 60)), random.below(1_000_000) / 7, 5e-324, 1e7]);
    case 'STRING':
      return random.pick(texts);
    case 'BYTES':
      return Buffer.from(Array.from({ length: random.below(20) }, () => random.below(256)));
    case 'DECIMAL': {
      const limit = 10n ** BigInt(random.below(type.precision + 1));
      return new Decimal(randomInteger(random, 64) % limit, type.scale);
    }
    case 'ARRAY':
      return Array.from({ length: random.below(4) }, () => randomValue(random, type.element, nullable));
    case 'MAP':
      return new Map(
        Array.from({ length: random.below(4) }, (_, index) => [
          `${random.pick(texts)}${index}`,
          randomValue(random, type.value, nullable),
        ]),
      );
    case 'STRUCT':
      return type.fields.map((field) => randomValue(random, field.type, nullable));
  }
}
