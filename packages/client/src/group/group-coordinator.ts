import { type ApiKey, ErrorCode, type RequestInputOf, type ResponseOf } from '@headwater/protocol';
import { ClientError } from '../client-error.ts';
import type { Cluster } from '../cluster.ts';
import type { RequestOptions } from '../connection.ts';
import type { LinkPool } from '../link-pool.ts';

const MOVED = new Set<number>([
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
]);

/** Whether the coordinator is elsewhere, or not ready: to be looked for again. */
export function hasMoved(errorCode: number): boolean {
  return MOVED.has(errorCode);
}

/**
 * Sends one request to the group's coordinator, over `pool`. A broker that cannot be reached, or says by `errorOf` that
 * it is not the one, is forgotten; whoever repeats the call finds the next one.
 */
export async function askCoordinator<K extends ApiKey>(
  cluster: Cluster,
  pool: LinkPool,
  groupId: string,
  apiKey: K,
  body: RequestInputOf[K] | ((version: number) => RequestInputOf[K]),
  errorOf: (answer: ResponseOf[K]) => number,
  options: RequestOptions & { maxVersion?: number } = {},
): Promise<ResponseOf[K]> {
  const broker = await cluster.coordinator('group', groupId, options.signal);
  try {
    const answer = await pool.link(broker.id, broker).request(apiKey, body, options);
    if (hasMoved(errorOf(answer))) cluster.forgetCoordinator('group', groupId);
    return answer;
  } catch (error) {
    if (error instanceof ClientError && error.retriable) cluster.forgetCoordinator('group', groupId);
    throw error;
  }
}
