import { StreamsError } from '../streams-error.ts';

/** What becomes of a record that something went wrong with: the task fails, the record is left out, or it goes to the dead letters. */
export type ErrorDecision = 'fail' | 'skip' | 'dead-letter';
/** `error.place` says where in the input. */
export type ErrorPolicy = ErrorDecision | ((error: StreamsError) => ErrorDecision);

export interface ErrorPolicies {
  /** A key or value that its serde cannot read. Default: fail. */
  readonly deserialization: ErrorPolicy;
  /** An operator threw, at a record or at a punctuation (which has no record to be dead-lettered). Default: fail. */
  readonly processing: ErrorPolicy;
  /**
   * A result that its serde cannot write, that is too large for its topic, or whose topic is not there. What is dead-lettered is the input
   * record that it came from. Default: fail.
   */
  readonly production: ErrorPolicy;
  /**
   * A store cannot be written to the disk, and memory has no room for more: a record that its task would work on. It is not worked on at all,
   * and later ones are when there is room again. Default: fail.
   */
  readonly store: ErrorPolicy;
  /** Where dead letters go: the record's own bytes, with the cause in headers. Needed by the decision 'dead-letter'. */
  readonly deadLetterTopic: string | null;
  /** Further headers of dead letters, texts by key. Default: none. */
  readonly deadLetterHeaders?: Readonly<Record<string, string>>;
}

export const failOnErrors: ErrorPolicies = {
  deserialization: 'fail',
  processing: 'fail',
  production: 'fail',
  store: 'fail',
  deadLetterTopic: null,
};

/** @throws StreamsError HW_STREAMS_BAD_OPTION */
export function checkErrors(errors: ErrorPolicies): ErrorPolicies {
  const isDeadLettered = [errors.deserialization, errors.processing, errors.production, errors.store].includes(
    'dead-letter',
  );
  if (isDeadLettered && errors.deadLetterTopic === null) {
    throw new StreamsError('HW_STREAMS_BAD_OPTION', "errors: 'dead-letter' needs a deadLetterTopic");
  }
  return errors;
}

export function decide(policy: ErrorPolicy, error: StreamsError): ErrorDecision {
  return typeof policy === 'function' ? policy(error) : policy;
}
