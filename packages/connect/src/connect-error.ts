/**
 * - `HW_CONNECT_OPTION`: an option cannot be used; the message says which.
 * - `HW_CONNECT_POISON`: a record can never be stored and the policy is to stop; the message says where it is.
 * - `HW_CONNECT_REFUSED`: the store refuses what the sink needs (a table, a login); the message says what it says.
 * - `HW_CONNECT_TOPIC_ANEW`: the topic has fewer records than the store says; it was deleted and created again, most likely.
 */
export type ConnectErrorCode =
  | 'HW_CONNECT_OPTION'
  | 'HW_CONNECT_POISON'
  | 'HW_CONNECT_REFUSED'
  | 'HW_CONNECT_TOPIC_ANEW';

/** An error of a sink that waiting does not mend. */
export class ConnectError extends Error {
  readonly code: ConnectErrorCode;

  constructor(code: ConnectErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ConnectError';
    this.code = code;
  }
}
