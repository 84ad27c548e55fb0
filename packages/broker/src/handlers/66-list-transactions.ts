import { ApiKey, ErrorCode, type ListTransactionsRequest } from '@headwater/protocol';
import { LinearRegex, RegexBudgetError, RegexSyntaxError } from '@headwater/regex';
import { AclOperation, ResourceType } from '../security/authorizer.ts';
import type { TransactionRecord } from '../transactions/transaction-state.ts';
import { transactionStates } from '../transactions/transaction-state.ts';
import { defineHandler } from './handler.ts';

/*
 * ListTransactions (66), versions 0-2: https://kafka.apache.org/protocol#The_Messages_ListTransactions
 *
 * Version 1 filters by how long a transaction is open (KIP-994), 2 by a pattern for the transactional.id (KIP-1152).
 */
export const listTransactions = defineHandler({
  apiKey: ApiKey.ListTransactions,
  minVersion: 0,
  maxVersion: 2,
  handle({ authorizer, clock, transactions }, body, { connection }) {
    if (transactions.isClosed) return refused(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    const nowMs = clock.now();
    const found = [];
    try {
      const { transactionalIdPattern } = body;
      const isAll = transactionalIdPattern === null || transactionalIdPattern === '';
      const pattern = isAll ? null : new LinearRegex(transactionalIdPattern);
      for (const { record, transactionalId } of transactions.entries()) {
        if (!isWanted(record, body, nowMs) || pattern?.test(transactionalId) === false) continue;
        const { DESCRIBE } = AclOperation;
        if (!authorizer.isAllowed(connection, DESCRIBE, ResourceType.TRANSACTIONAL_ID, transactionalId, false))
          continue;
        found.push({ transactionalId, producerId: record.producerId, transactionState: record.state });
      }
    } catch (error) {
      if (error instanceof RegexSyntaxError || error instanceof RegexBudgetError) {
        return refused(ErrorCode.INVALID_REGULAR_EXPRESSION);
      }
      throw error;
    }
    const isKnown = (name: string) => (transactionStates as readonly string[]).includes(name);
    const unknownStateFilters = body.stateFilters.filter((name) => !isKnown(name));
    return { throttleTimeMs: 0, errorCode: 0, unknownStateFilters, transactionStates: found };
  },
});

function isWanted(record: TransactionRecord, body: ListTransactionsRequest, nowMs: number): boolean {
  const { durationFilter, producerIdFilters, stateFilters } = body;
  if (stateFilters.length > 0 && !stateFilters.includes(record.state)) return false;
  if (producerIdFilters.length > 0 && !producerIdFilters.includes(record.producerId)) return false;
  return durationFilter < 0 || nowMs - record.startMs > durationFilter;
}

function refused(errorCode: number) {
  return { throttleTimeMs: 0, errorCode, unknownStateFilters: [], transactionStates: [] };
}
