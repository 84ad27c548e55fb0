// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are SQL's variables
import { keywords } from '../lexer/keywords.ts';
import type { SeededRandom } from './seeded-random.ts';

const pieces = [
  ...`();,.'"\`*-+/%<>=|[]$\{}@!?\\ \n\t0129eE.aZ_`,
  '--',
  '/*',
  '*/',
  '->',
  ':=',
  '=>',
  "''",
  '😀',
  '\u0000',
  '\ud800',
  '${x}',
];

/** A text with some characters or words taken away, put in, doubled, or changed places. */
export function mutated(text: string, random: SeededRandom): string {
  let result = text;
  for (let left = 1 + random.below(4); left > 0; left--) result = mutatedOnce(result, random);
  return result;
}

function mutatedOnce(text: string, random: SeededRandom): string {
  const at = random.below(text.length + 1);
  const to = Math.min(text.length, at + 1 + random.below(random.chance(0.2) ? 80 : 8));
  switch (random.below(8)) {
    case 0:
      return text.slice(0, at) + text.slice(to);
    case 1:
      return text.slice(0, at) + random.pick(pieces) + text.slice(at);
    case 2:
      return text.slice(0, at) + random.pick(pieces) + text.slice(to);
    case 3:
      return (
        text.slice(0, at) +
        text.slice(at, to).repeat(1 + random.below(random.chance(0.02) ? 2_000 : 4)) +
        text.slice(to)
      );
    case 4:
      return `${text.slice(0, at)} ${random.pick(keywords)} ${text.slice(at)}`;
    case 5:
      return text.slice(0, at);
    case 6: {
      const words = text.split(' ');
      const one = random.below(words.length);
      const other = random.below(words.length);
      [words[one], words[other]] = [words[other]!, words[one]!];
      return words.join(' ');
    }
    default:
      return text.slice(0, at) + String.fromCharCode(random.below(random.chance(0.5) ? 128 : 65536)) + text.slice(at);
  }
}
