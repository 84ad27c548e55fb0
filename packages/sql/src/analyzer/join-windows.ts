import { type QuerySource, sourceText } from './query-sources.ts';
import { statementError } from './statement-error.ts';

/** Windowed sources are joined with windowed ones of a kind. @throws SqlError */
export function checkWindows(left: QuerySource, right: QuerySource): void {
  const one = left.source.keyFormat.window?.type ?? null;
  const other = right.source.keyFormat.window?.type ?? null;
  if ((one === null) !== (other === null)) {
    throw statementError(
      `Can not join windowed source to non-windowed source.\n${sourceText(left)} is ${one ?? 'not'} windowed\n${sourceText(right)} is ${other ?? 'not'} windowed`,
    );
  }
  if (one === null || (one === 'SESSION') === (other === 'SESSION')) return;
  throw statementError(
    `Incompatible windowed sources.\nLeft source: ${one}\nRight source: ${other}\nSession windowed sources can only be joined to other session windowed sources, and may still not result in expected behaviour as session bounds must be an exact match for the join to work\nHopping and tumbling windowed sources can only be joined to other hopping and tumbling windowed sources`,
  );
}
