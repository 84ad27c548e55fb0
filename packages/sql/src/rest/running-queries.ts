import { ApiError, errorCodes } from './api-error.ts';
import type { RunningQuery } from './sql-service.ts';

/** The queries whose rows are being sent, by id. */
export class RunningQueries {
  readonly #queries = new Map<string, RunningQuery>();

  get count(): number {
    return this.#queries.size;
  }

  /** Keeps it as long as its rows are sent. */
  async during(query: RunningQuery, send: () => Promise<void>): Promise<void> {
    this.#queries.set(query.id, query);
    try {
      await send();
    } finally {
      this.#queries.delete(query.id);
    }
  }

  /** @throws ApiError 40000 for an id that is not known */
  close(id: string): void {
    const query = this.#queries.get(id);
    if (query === undefined) throw new ApiError(errorCodes.badRequest, `No query with id ${id}`);
    this.#queries.delete(id);
    query.close();
  }

  closeAll(): void {
    for (const query of this.#queries.values()) query.close();
    this.#queries.clear();
  }
}
