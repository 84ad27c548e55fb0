import type { ErrorPolicies } from '@headwater/streams';
import type { PersistentQuery } from './engine-services.ts';

/** Of dead letters: the query that could not work on the record. */
const queryHeader = '__headwater.query';

/** What becomes of records that a query cannot read, work on or write. */
export function queryErrors({ id, plan }: Pick<PersistentQuery, 'id' | 'plan'>): Partial<ErrorPolicies> {
  const { deadLetterTopic } = plan;
  if (deadLetterTopic === undefined) return { deserialization: 'skip' };
  return {
    deserialization: 'dead-letter',
    processing: 'dead-letter',
    production: 'dead-letter',
    deadLetterTopic,
    deadLetterHeaders: { [queryHeader]: id },
  };
}
