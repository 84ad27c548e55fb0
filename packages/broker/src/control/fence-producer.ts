import { ErrorCode, errorInfo } from '@headwater/protocol';
import { BrokerError } from '../broker-error.ts';
import type { BrokerContext } from '../context.ts';

/** Which producer is put out: one of a transactional.id, or an idempotent one by its number. */
export type FencedProducer = { transactionalId: string } | { producerId: number };

const attemptsMax = 100;

/** @throws BrokerError HW_BROKER_CONTROL when there is no such producer */
export async function fenceProducer(context: BrokerContext, producer: FencedProducer): Promise<void> {
  if ('transactionalId' in producer && typeof producer.transactionalId === 'string') {
    return fenceTransactional(context, producer.transactionalId);
  }
  const { producerId } = producer as { producerId?: unknown };
  if (!Number.isSafeInteger(producerId)) throw wrong('Say whom to fence: { transactionalId } or { producerId }.');
  if (context.store.fenceProducer(producerId as number) > 0) return;
  throw wrong(`Producer ${String(producerId)} has written nothing that is known of. Fence it after its first record.`);
}

/** What another producer of the same transactional.id does when it starts: the epoch goes up, an open transaction is aborted. */
async function fenceTransactional({ transactions }: BrokerContext, transactionalId: string): Promise<void> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const entry = transactions.find(transactionalId);
    if (entry === undefined) {
      throw wrong(
        `There is no transactional.id ${transactionalId}. Fence it after its producer has initialized transactions.`,
      );
    }
    const { errorCode } = await transactions.initProducerId(transactionalId, entry.record.timeoutMs, null);
    if (errorCode === 0) return;
    if (errorCode !== ErrorCode.CONCURRENT_TRANSACTIONS) {
      throw wrong(`${transactionalId} could not be fenced: ${errorInfo(errorCode)?.name ?? errorCode}.`);
    }
    // Its open transaction is being aborted; markers may wait for a disk.
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw wrong(
    `${transactionalId} could not be fenced: its transaction does not end. Look for errors of the disk in the log.`,
  );
}

function wrong(message: string): BrokerError {
  return new BrokerError('HW_BROKER_CONTROL', message);
}
