import type { StreamsError } from '../streams-error.ts';

/** What becomes of a record that something went wrong with: the task fails, the record is left out, or it goes to the dead letters. */
export type ErrorDecision = 'fail' | 'skip' | 'dead-letter';
/** `error.place` says where in the input. */
export type ErrorPolicy = ErrorDecision | ((error: StreamsError) => ErrorDecision);

export interface ErrorPolicies {
  /** A key or value that its serde cannot read. Default: fail. */
  readonly deserialization: ErrorPolicy;
  /** An operator threw. Default: fail. */
  readonly processing: ErrorPolicy;
  /** A result that its serde cannot write, or that the broker does not take. Default: fail. */
  readonly production: ErrorPolicy;
  /** Where dead letters go: the record's own bytes, with the cause in headers. Needed by the decision 'dead-letter'. */
  readonly deadLetterTopic: string | null;
}

export const failOnErrors: ErrorPolicies = {
  deserialization: 'fail',
  processing: 'fail',
  production: 'fail',
  deadLetterTopic: null,
};

export function decide(policy: ErrorPolicy, error: StreamsError): ErrorDecision {
  return typeof policy === 'function' ? policy(error) : policy;
}
