import { SqlError } from '../../sql-error.ts';
import { parseStatement, splitStatements } from '../parse.ts';

/** The words that the grammar wants there and nothing else, as behind SHOW or DROP; null where names may stand too. */
export function expectedWords(before: string): readonly string[] | null {
  const { rest } = splitStatements(before);
  if (rest.trim() === '') return null;
  try {
    parseStatement(rest, { variables: null });
  } catch (error) {
    if (!(error instanceof SqlError) || error.position?.index !== rest.length) return null;
    const words = error.expected.map((each) => /^'([A-Z]+)'$/.exec(each)?.[1]);
    if (words.length > 0 && !words.includes(undefined)) return words as string[];
  }
  return null;
}
