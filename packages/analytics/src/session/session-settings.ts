import { quotedName, quotedText } from './sql-text.ts';

/** The settings of one connection: what it came with, and what it has set since. */
export class SessionSettings {
  readonly user: string;
  /** From the StartupMessage. */
  readonly base: ReadonlyMap<string, string>;
  #current: Map<string, string>;
  #sessionUser: string;
  #role = 'none';
  /** Names with a dot that it has set. */
  readonly #custom = new Set<string>();
  /** True: what PostgreSQL has now is to be asked for before another connection gets the session. */
  isDirty = false;
  /** Some text of this connection has a SET that outlives its transaction: a comment before it hides it, so those count as well. */
  setsSession = false;
  /** SQL-level PREPARE: the texts that make them again. */
  #prepared: string[] = [];

  constructor(user: string, base: ReadonlyMap<string, string>) {
    this.user = user;
    this.base = base;
    this.#current = new Map(base);
    this.#sessionUser = user;
  }

  noteCustom(names: readonly string[]): void {
    // Bounded, since each is asked for.
    for (const name of names) if (this.#custom.size < 100) this.#custom.add(name.toLowerCase());
  }

  /** Back to what the connection came with, as RESET ALL and DISCARD ALL have it. */
  reset(): void {
    this.#current = new Map(this.base);
    this.#sessionUser = this.user;
    this.#role = 'none';
    this.#custom.clear();
    this.#prepared = [];
    this.isDirty = false;
  }

  /** Asks PostgreSQL, which has them, for the settings: rows for `capture`. */
  captureSql(): string {
    let sql =
      "SELECT 's', name, setting FROM pg_settings WHERE source = 'session' AND name NOT IN ('transaction_isolation', 'transaction_read_only', 'transaction_deferrable', 'is_superuser')" +
      " UNION ALL SELECT 'u', 'user', session_user::text UNION ALL SELECT 'r', 'role', current_setting('role')" +
      " UNION ALL SELECT CASE WHEN from_sql THEN 'p' ELSE 'n' END, name, statement FROM pg_prepared_statements";
    for (const name of this.#custom)
      sql += ` UNION ALL SELECT 's', ${quotedText(name)}, current_setting(${quotedText(name)}, true)`;
    return sql;
  }

  capture(rows: readonly (readonly (string | null)[])[]): void {
    this.#current = new Map();
    this.#prepared = [];
    for (const [kind, name, value] of rows) {
      if (kind === 'u') this.#sessionUser = value!;
      else if (kind === 'r') this.#role = value!;
      else if (kind === 'p') this.#prepared.push(value!.replace(/[\s;]+$/, ''));
      else if (kind === 'n') continue;
      else if (value !== null && value !== undefined) this.#current.set(name!, value);
    }
    this.isDirty = false;
  }

  /** Makes PostgreSQL's one session that of this connection, whatever it was before. */
  enterSql(): string {
    let sql = 'RESET SESSION AUTHORIZATION; RESET ALL; DEALLOCATE ALL; CLOSE ALL';
    const settings = [...this.#current].map(
      ([name, value]) => `set_config(${quotedText(name)}, ${quotedText(value)}, false)`,
    );
    if (settings.length > 0) sql += `; SELECT ${settings.join(', ')}`;
    sql += `; SET SESSION AUTHORIZATION ${quotedName(this.#sessionUser)}`;
    if (this.#role !== 'none') sql += `; SET ROLE ${quotedName(this.#role)}`;
    for (const statement of this.#prepared) sql += `; ${statement}`;
    return sql;
  }
}
