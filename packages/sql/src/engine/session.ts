import type { StatementInputs } from './statement-inputs.ts';

/** What SET and DEFINE have said; of one script, or of one connection. */
export interface Session {
  /** Settings by ksqlDB's names. */
  readonly properties: Map<string, string>;
  readonly variables: Map<string, string>;
  /** Of the one statement that is done with this session. */
  readonly inputs?: StatementInputs;
}

export function newSession(properties: Iterable<readonly [string, string]> = []): Session {
  return { properties: new Map(properties), variables: new Map() };
}
