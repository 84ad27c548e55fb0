import type { Logger } from '@headwater/logger';
import { originOf, type RecordHeaders } from '@headwater/service';
import { choice, type Environment } from './settings.ts';
import type { InRecord } from './topic-reader.ts';
import { TweetsError } from './tweets-error.ts';

/** Where a record is, and whose work it is part of. */
export interface PoisonRecord extends Pick<InRecord, 'partition' | 'offset'> {
  readonly headers?: RecordHeaders | undefined;
}

export interface PoisonPolicy {
  /** How many records were left out so far. */
  readonly skippedRecords: number;
  /** Reports a record that cannot be used. Throws HW_TWEETS_POISON when the policy is to stop. */
  report(topic: string, record: PoisonRecord, reason: string): void;
}

/** What to do with a record that can never be processed: leave it out (the default) or stop; it is always reported. */
export function poisonPolicy(env: Environment, logger: Logger): PoisonPolicy {
  const policy = choice(env, 'HEADWATER_TWEETS_POISON', ['skip', 'stop'], 'skip');
  let skippedRecords = 0;
  return {
    get skippedRecords() {
      return skippedRecords;
    },
    report(topic, { headers, offset, partition }, reason) {
      if (policy === 'stop') {
        throw new TweetsError(
          'HW_TWEETS_POISON',
          `record ${offset} of ${topic}, partition ${partition}, cannot be processed: ${reason}. ` +
            'Move the group past it, or set HEADWATER_TWEETS_POISON=skip',
        );
      }
      skippedRecords += 1;
      const { context, correlationId } = originOf(headers);
      const ids = {
        ...(context !== undefined && { traceId: context.traceId }),
        ...(correlationId !== undefined && { correlationId }),
      };
      logger.error(
        { topic, partition, offset, reason, skippedRecords, ...ids },
        'record cannot be processed: left out',
      );
    },
  };
}
