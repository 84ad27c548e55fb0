import { Random } from './random.ts';

/** A made-up user. */
export interface User {
  id: string;
  handle: string;
}

const starts = [
  'Ab',
  'Bel',
  'Cor',
  'Da',
  'El',
  'Fen',
  'Gal',
  'Hol',
  'Ir',
  'Jun',
  'Kal',
  'Lu',
  'Mar',
  'Nor',
  'Or',
  'Pel',
  'Qui',
  'Ro',
  'Sel',
  'Tam',
  'Ul',
  'Vel',
  'Wen',
  'Xa',
  'Yor',
  'Zel',
];
const middles = ['a', 'ani', 'ara', 'e', 'eri', 'ia', 'io', 'ola', 'ori', 'u', 'umi', 'y'];
const ends = [
  'bek',
  'dor',
  'fin',
  'gard',
  'kin',
  'lane',
  'mir',
  'nova',
  'quist',
  'rell',
  'sen',
  'ster',
  'tov',
  'vik',
  'wood',
  'zor',
];
const trades = ['dev', 'ops', 'data', 'codes', 'writes', 'labs', 'hq', 'cloud', 'io', 'builds'];

export function makeName(random: Random): string {
  return random.pick(starts) + random.pick(middles) + random.pick(ends);
}

/** The users of a seed. The first ones write most, and have the small ids of early accounts; new ids are as long as a tweet's. */
export function makeUsers(seed: number, count: number): User[] {
  const random = new Random(seed ^ 0x5eed);
  return Array.from({ length: count }, (_, rank) => {
    const name = makeName(random);
    const tail = random.chance(0.4)
      ? `_${random.pick(trades)}`
      : random.chance(0.4)
        ? String(random.between(1, 99))
        : '';
    const id =
      rank < count / 2
        ? String(random.between(10_000, 3_000_000_000))
        : String(
            (BigInt(random.between(180_000_000_000, 450_000_000_000)) << 22n) + BigInt(random.between(0, 4_194_303)),
          );
    return { id, handle: `${random.chance(0.5) ? name.toLowerCase() : name}${tail}` };
  });
}
