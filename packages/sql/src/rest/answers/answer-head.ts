import type { EntityHead } from '../entities/index.ts';

/** What every answer begins with. */
export function answerHead(statementText: string, warnings: readonly string[] = []): EntityHead {
  return { statementText, warnings: warnings.map((message) => ({ message })) };
}
