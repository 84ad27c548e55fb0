import type { ApiKey, RequestOf, ResponseInputOf } from '@headwater/protocol';
import type { BrokerContext } from '../context.ts';
import type { Request } from '../network/request.ts';

/**
 * One API: the versions that are served and what is done. A handler gives the answer, or a promise of it; or nothing, and then it
 * answers through the request itself, now or later.
 */
export interface Handler<K extends ApiKey = ApiKey> {
  readonly apiKey: K;
  readonly minVersion: number;
  readonly maxVersion: number;
  handle(
    context: BrokerContext,
    body: RequestOf[K],
    request: Request,
  ): ResponseInputOf[K] | Promise<ResponseInputOf[K] | undefined> | undefined;
}

export function defineHandler<K extends ApiKey>(handler: Handler<K>): Handler {
  return handler as unknown as Handler;
}
