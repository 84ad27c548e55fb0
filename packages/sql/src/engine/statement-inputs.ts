import type { Column } from '../schema/column.ts';

/**
 * What a statement does depends on the catalog, and on this: it is found once, by who is asked to do the statement, and kept with it, so that
 * the statement does the same wherever and whenever it is done again.
 */
export interface StatementInputs {
  /** Whether it is all there: then nobody outside is asked, and topics and schemas are taken for made. */
  readonly isGiven: boolean;
  /** Columns that the registry had for what the statement left open. */
  readonly columns: Map<'key' | 'value', readonly Column[]>;
  /** Partitions of the topics that its joins are of. */
  readonly partitions: Map<string, number>;
  /** Of the query that it starts. */
  queryId: string | null;
}

/** To be filled by a statement that is tried. */
export function openInputs(): StatementInputs {
  return { isGiven: false, columns: new Map(), partitions: new Map(), queryId: null };
}

const shaping =
  /^(?:ksql\.streams\.)?(?:headwater\..*|processing\.guarantee|auto\.offset\.reset|ksql\.(?:persistence|output\.topic|functions|timestamp|suppress|lambdas)\..*)$/;

/** Server settings that shape what a statement makes: those that it was tried with stay with it when the server is configured otherwise. */
export function isShaping(name: string): boolean {
  return shaping.test(name);
}
