import type { Session } from '../engine/session.ts';
import type { SqlEngine } from '../engine/sql-engine.ts';
import type { QueryContext } from '../plan/physical/query-context.ts';

/** What expressions of a query are compiled with whose rows go to who asks; it puts nothing into a topology. */
export function queryContext(engine: SqlEngine, session: Session): QueryContext {
  const { functions, onError, registry } = engine;
  const properties = engine.settingsOf(session);
  return { functions, onError, registry, properties } as unknown as QueryContext;
}
