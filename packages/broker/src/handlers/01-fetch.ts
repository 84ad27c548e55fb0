import { ApiKey } from '@headwater/protocol';
import { PendingFetch } from '../fetch/pending-fetch.ts';
import { planFetch } from '../fetch/session-fetch.ts';
import { defineHandler } from './handler.ts';

/*
 * Fetch (1), versions 4-18: https://kafka.apache.org/protocol#The_Messages_Fetch
 *
 * Differences from Kafka: followers do not fetch here, a replica id is taken for a consumer's. There is one replica: racks are not
 * looked at, and no other replica is named.
 *
 * Version 7 adds sessions (KIP-227); 9 the leader epoch; 12 is flexible; 13 names topics by id; 14 to 18 change nothing for consumers.
 */
export const fetch = defineHandler({
  apiKey: ApiKey.Fetch,
  minVersion: 4,
  maxVersion: 18,
  handle(context, body, request) {
    const plan = planFetch(context.fetchSessions, body, request.apiVersion >= 13);
    if (typeof plan === 'number') return { errorCode: plan, responses: [] };
    new PendingFetch(context, request, body, plan).start();
    return undefined;
  },
});
