import type { Properties } from '../../functions/function-registry.ts';
import { SqlError } from '../../sql-error.ts';

const setting = 'headwater.query.pull.max.rows';
const rowsMaxDefault = 1_000_000;

/** Rows that a query may keep while it sorts, groups and joins. */
export class RowBudget {
  readonly #rowsMax: number;
  #kept = 0;

  /** @param session may ask for less than the server's settings allow */
  constructor(server: Properties, session: Properties) {
    const allowed = boundOf(server, rowsMaxDefault);
    this.#rowsMax = Math.min(allowed, boundOf(session, allowed));
  }

  /** @param what is done with the rows: `ORDER BY` @throws SqlError HW_SQL_EVALUATION beyond the bound */
  keep(count: number, what: string): void {
    this.#kept += count;
    if (this.#kept <= this.#rowsMax) return;
    throw new SqlError(
      'HW_SQL_EVALUATION',
      `${what} has to keep more than ${this.#rowsMax} rows: narrow them in WHERE, add LIMIT behind ORDER BY, make a table of it with CREATE TABLE … AS SELECT, or raise '${setting}' of the server`,
    );
  }

  release(count: number): void {
    this.#kept -= count;
  }
}

function boundOf(properties: Properties, otherwise: number): number {
  const wanted = Number(properties.get(setting));
  return Number.isInteger(wanted) && wanted > 0 ? wanted : otherwise;
}
