import { ApiError, errorCodes } from '../rest/api-error.ts';
import type { RunningQuery } from '../rest/sql-service.ts';

export interface LivePushQuery {
  readonly id: string;
  readonly statement: string;
  close(): void;
}

const limitDefault = 100;

/** Push queries whose rows somebody gets now. */
export class PushQueries {
  readonly #live = new Map<string, LivePushQuery>();
  #startingCount = 0;

  get all(): readonly LivePushQuery[] {
    return [...this.#live.values()];
  }

  /**
   * Starts one more.
   *
   * @param settings of the server: `ksql.max.push.queries`, default 100
   * @throws ApiError 40003 when there are as many as there may be
   */
  async start(
    statement: string,
    settings: ReadonlyMap<string, string>,
    start: () => Promise<RunningQuery>,
  ): Promise<RunningQuery> {
    const most = Number(settings.get('ksql.max.push.queries') ?? limitDefault);
    if (this.#live.size + this.#startingCount >= most) {
      throw new ApiError(
        errorCodes.tooManyPushQueries,
        `Maximum number of push queries exceeded: there are ${most} already. End one, or raise ksql.max.push.queries`,
      );
    }
    this.#startingCount++;
    try {
      const query = await start();
      return this.#tracked(query, statement);
    } finally {
      this.#startingCount--;
    }
  }

  #tracked(query: RunningQuery, statement: string): RunningQuery {
    const { id } = query;
    const live: LivePushQuery = {
      id,
      statement,
      close: () => {
        if (this.#live.get(id) === live) this.#live.delete(id);
        query.close();
      },
    };
    this.#live.set(id, live);
    return { ...query, close: live.close };
  }
}
