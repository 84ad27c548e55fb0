import { ApiKey, ErrorCode, type ProduceRequest, type ProduceResponseInput } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import { countRecords } from '../flow.ts';
import type { Request } from '../network/request.ts';
import { AclOperation, ResourceType } from '../security/authorizer.ts';
import { type PartitionLog, StorageError } from '../storage/index.ts';
import { storageErrorCode, storageErrorMessage } from '../storage-error-code.ts';
import { isInternal } from '../topics/topic-admin.ts';
import { checkProduce, type TransactionRefusals } from '../transactions/check-produce.ts';
import { defineHandler } from './handler.ts';

/*
 * Produce (0), versions 3-13: https://kafka.apache.org/protocol#The_Messages_Produce
 *
 * Differences from Kafka:
 * - acks=1 and acks=all mean the same: there is one replica. `timeoutMs` has nothing to wait for.
 * - Records that are null are refused with INVALID_RECORD; Kafka 4.3 leaves such a request without an answer.
 *
 * Version 7 allows zstd; 8 adds recordErrors and errorMessage; 9 is flexible; 10 adds currentLeader; 11 knows TRANSACTION_ABORTABLE; 12
 * makes a partition part of the transaction by writing to it (KIP-890); 13 names topics by id.
 */
export const produce = defineHandler({
  apiKey: ApiKey.Produce,
  minVersion: 3,
  maxVersion: 13,
  handle(context, body, request) {
    const { acks } = body;
    if (acks !== 0 && acks !== 1 && acks !== -1) return refuseAll(body, request, ErrorCode.INVALID_REQUIRED_ACKS);
    const refusals = checkProduce(context, body, request);
    if (!(refusals instanceof Promise)) return produceAll(context, body, request, refusals);
    keepRecords(body);
    return refusals.then((known) => produceAll(context, body, request, known));
  },
});

/** The frame is lent until the handler returns. */
function keepRecords({ topicData }: ProduceRequest): void {
  for (const { partitionData } of topicData) {
    for (const partition of partitionData) {
      if (partition.records !== null) partition.records = Buffer.from(partition.records);
    }
  }
}

function produceAll(
  context: BrokerContext,
  body: ProduceRequest,
  request: Request,
  refusals: TransactionRefusals | number,
): ProduceResponseInput | Promise<ProduceResponseInput> | undefined {
  if (typeof refusals === 'number') return refuseAll(body, request, refusals);
  const answer = appendAll(context, body, request, refusals);
  if (body.acks !== 0) {
    if (answer.flushed.length === 0) return answer.response;
    return Promise.all(answer.flushed).then(() => answer.response);
  }
  // Nobody waits for an answer; a client that produced into nothing learns it by losing its connection, as with Kafka.
  if (answer.firstError !== 0) {
    const error = new StorageError('HW_BROKER_STORAGE_REFUSED', 'INVALID_RECORD', acksZeroMessage(answer.firstError));
    request.connection.destroy(error);
    return undefined;
  }
  request.quota?.settleSilently();
  request.respondWith([]);
  return undefined;
}

type TopicAnswer = ProduceResponseInput['responses'][number];
type PartitionAnswer = TopicAnswer['partitionResponses'][number];

interface Outcome {
  response: ProduceResponseInput;
  /** Appends that may be acknowledged only after an fsync (flush.messages). */
  flushed: Promise<void>[];
  firstError: number;
}

function appendAll(
  context: BrokerContext,
  body: ProduceRequest,
  request: Request,
  refusals: TransactionRefusals,
): Outcome {
  const { authorizer, store } = context;
  const byId = request.apiVersion >= 13;
  const outcome: Outcome = { response: { responses: [] }, flushed: [], firstError: 0 };
  const responses: TopicAnswer[] = [];
  for (const topicData of body.topicData) {
    const name = byId ? (store.topicById(topicData.topicId)?.name ?? '') : topicData.name;
    const isDenied =
      !authorizer.isOpen &&
      name !== '' &&
      !authorizer.isAllowed(request.connection, AclOperation.WRITE, ResourceType.TOPIC, name);
    const partitionResponses: PartitionAnswer[] = [];
    for (const { index, records } of topicData.partitionData) {
      const log = name === '' || isDenied ? undefined : store.partition(name, index);
      let answer: PartitionAnswer;
      if (isDenied) {
        answer = failed(index, ErrorCode.TOPIC_AUTHORIZATION_FAILED, null);
      } else if (log === undefined) {
        const isUnknownId = byId && name === '';
        answer = failed(index, isUnknownId ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, null);
      } else if (records === null || records.length === 0) {
        answer = failed(index, ErrorCode.INVALID_RECORD, 'There is no record batch.');
      } else if (hasMoreThanOneBatch(records)) {
        answer = failed(
          index,
          ErrorCode.INVALID_RECORD,
          'A produce request may have one record batch for a partition.',
        );
      } else if (isInternal(name)) {
        answer = failed(index, ErrorCode.INVALID_TOPIC_EXCEPTION, `Only the broker writes to ${name}.`);
      } else if (refusals.size > 0 && refusals.has(log)) {
        const { errorCode, errorMessage } = refusals.get(log)!;
        answer = failed(index, errorCode, errorMessage);
      } else if (body.acks === -1 && log.config.minInsyncReplicas > 1) {
        answer = failed(index, ErrorCode.NOT_ENOUGH_REPLICAS, 'min.insync.replicas is more than one broker can give.');
      } else {
        answer = append(context, log, records, request, outcome);
      }
      if (answer.errorCode !== 0 && outcome.firstError === 0) outcome.firstError = answer.errorCode;
      partitionResponses.push(answer);
    }
    responses.push({ name: topicData.name, topicId: topicData.topicId, partitionResponses });
  }
  outcome.response.responses = responses;
  return outcome;
}

function append(
  context: BrokerContext,
  log: PartitionLog,
  records: Buffer,
  request: Request,
  outcome: Outcome,
): PartitionAnswer {
  try {
    const result = log.append(records);
    const answer: PartitionAnswer = {
      index: log.partition,
      errorCode: 0,
      baseOffset: result.baseOffset,
      logAppendTimeMs: result.logAppendTime,
      logStartOffset: result.logStartOffset,
    };
    if (!result.duplicate) context.flow.produced(request.clientId, log.topic, countRecords(records), records.length);
    if (result.flushed !== null)
      outcome.flushed.push(result.flushed.catch((error) => fail(context, log, error, answer)));
    return answer;
  } catch (error) {
    const answer = failed(log.partition, ErrorCode.NONE, null);
    fail(context, log, error, answer);
    return answer;
  }
}

function fail(context: BrokerContext, log: PartitionLog, error: unknown, answer: PartitionAnswer): void {
  const errorCode = storageErrorCode(error);
  // What is not format 2 is not a record to Kafka, in all versions that it still serves.
  answer.errorCode = errorCode === ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT ? ErrorCode.INVALID_RECORD : errorCode;
  answer.errorMessage = storageErrorMessage(error);
  answer.baseOffset = -1;
  context.flow.refused(log.topic);
  // Idempotent producers look at it to tell whether their records were lost or aged out.
  answer.logStartOffset = withoutLogStart.has(errorCode) ? -1 : log.logStartOffset;
  const isOurFault = !(error instanceof StorageError) || error.kafkaError === 'KAFKA_STORAGE_ERROR';
  const { topic, partition } = log;
  if (isOurFault) context.logger.error({ error, topic, partition }, 'an append failed');
  else context.logger.debug({ topic, partition, reason: answer.errorMessage }, 'an append was refused');
}

function failed(index: number, errorCode: number, errorMessage: string | null): PartitionAnswer {
  return { index, errorCode, errorMessage, baseOffset: -1, logAppendTimeMs: -1, logStartOffset: -1 };
}

/** Errors that Kafka finds before it looks into the log. */
const withoutLogStart: ReadonlySet<number> = new Set([
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.MESSAGE_TOO_LARGE,
  ErrorCode.RECORD_LIST_TOO_LARGE,
  ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT,
  ErrorCode.KAFKA_STORAGE_ERROR,
]);

const batchLengthOffset = 8;

/** A batch that is cut off is left to storage, which says so. */
function hasMoreThanOneBatch(records: Buffer): boolean {
  const isWhole = records.length >= batchLengthOffset + 4;
  return isWhole && batchLengthOffset + 4 + records.readInt32BE(batchLengthOffset) < records.length;
}

function refuseAll(body: ProduceRequest, request: Request, errorCode: number): undefined {
  const responses = body.topicData.map(({ name, topicId, partitionData }) => ({
    name,
    topicId,
    partitionResponses: partitionData.map(({ index }) => failed(index, errorCode, null)),
  }));
  if (body.acks !== 0) request.respond(ApiKey.Produce, { responses });
  else
    request.connection.destroy(
      new StorageError('HW_BROKER_STORAGE_REFUSED', 'INVALID_RECORD', acksZeroMessage(errorCode)),
    );
  return undefined;
}

function acksZeroMessage(errorCode: number): string {
  return `A produce request with acks=0 failed with error ${errorCode}; without an answer, closing is all that tells the client.`;
}
