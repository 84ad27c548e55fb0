import { statementError } from '../../analyzer/statement-error.ts';
import type { StatementProperties } from '../../analyzer/with-properties.ts';
import type { SourceKind } from '../../syntax/ast/index.ts';

export interface NewTopicUse {
  readonly kind: SourceKind;
  readonly isWindowed: boolean;
  /** RETENTION of a window; null: none is given. */
  readonly windowRetentionMs?: number | null;
}

/**
 * What a new topic of a stream or table is made with. The topic of a table keeps the last value of each key; windows go with time too.
 *
 * @throws SqlError for RETENTION_MS of a table without windows
 */
export function topicConfigs(properties: StatementProperties, use: NewTopicUse): ReadonlyMap<string, string> {
  const { isWindowed, kind, windowRetentionMs = null } = use;
  const givenMs = properties.integer('RETENTION_MS');
  const configs = new Map<string, string>();
  if (kind === 'TABLE') configs.set('cleanup.policy', isWindowed ? 'compact,delete' : 'compact');
  if (kind === 'TABLE' && !isWindowed) {
    if (givenMs === null) return configs;
    throw statementError(
      'Invalid config variable in the WITH clause: RETENTION_MS. Non-windowed tables do not support retention.',
    );
  }
  const retentionMs = Math.max(givenMs ?? -1, windowRetentionMs ?? -1);
  if (givenMs !== null || windowRetentionMs !== null) configs.set('retention.ms', String(retentionMs));
  return configs;
}
