import type { IndexHandle } from '../cluster/index-handle.ts';
import type { Shard, VersionType, WriteResult } from '../engine/shard.ts';
import { illegalArgument, validationFailed } from '../errors.ts';
import type { RestRequest } from './rest-request.ts';

export type Refresh = 'true' | 'false' | 'wait_for';

export function refreshOf(text: string | null): Refresh {
  if (text === null || text === 'false') return 'false';
  if (text === '' || text === 'true') return 'true';
  if (text === 'wait_for') return 'wait_for';
  throw illegalArgument(`Unknown value for refresh: [${text}].`);
}

/** What a write demands of the document it changes. */
export interface Concurrency {
  ifSeqNo?: number | undefined;
  ifPrimaryTerm?: number | undefined;
  version?: number | undefined;
  versionType?: VersionType | undefined;
}

export function concurrencyOf(request: RestRequest): Concurrency {
  return {
    ifSeqNo: request.long('if_seq_no'),
    ifPrimaryTerm: request.long('if_primary_term'),
    version: request.long('version'),
    versionType: versionTypeOf(request.text('version_type')),
  };
}

export function versionTypeOf(text: string | null): VersionType | undefined {
  if (text === null || text === 'internal') return undefined;
  if (text === 'external' || text === 'external_gt') return 'external';
  if (text === 'external_gte') return 'external_gte';
  throw illegalArgument(`No version type match [${text}]`);
}

const idBytesMax = 512;

/** What is wrong with a write before it is tried, in the words of the real system. */
export function writeMistakes(
  id: string | null,
  kind: 'index' | 'create' | 'delete' | 'update',
  wants: Concurrency,
): string[] {
  const mistakes: string[] = [];
  const isExternal = wants.versionType !== undefined;
  if (kind === 'create' && isExternal) {
    mistakes.push(`create operations only support internal versioning. use index instead`);
  }
  if (kind === 'create' && wants.ifSeqNo !== undefined) {
    mistakes.push('create operations do not support compare and set. use index instead');
  }
  if (!isExternal && wants.version !== undefined) {
    mistakes.push(
      'internal versioning can not be used for optimistic concurrency control. Please use `if_seq_no` and `if_primary_term` instead',
    );
  }
  if (isExternal && kind !== 'create' && (wants.version === undefined || wants.version < 0)) {
    const name = wants.versionType === 'external' ? 'EXTERNAL' : 'EXTERNAL_GTE';
    mistakes.push(`illegal version value [${wants.version ?? -3}] for version type [${name}]`);
  }
  if (isExternal && kind === 'update')
    mistakes.push(`version type [${wants.versionType}] is not supported by the update API`);
  if (isExternal && wants.ifSeqNo !== undefined) {
    mistakes.push('compare and write operations can not use versioning');
  }
  if (wants.ifSeqNo !== undefined && wants.ifPrimaryTerm === undefined) {
    mistakes.push('ifSeqNo is set, but primary term is [0]');
  }
  if (wants.ifSeqNo === undefined && wants.ifPrimaryTerm !== undefined) {
    mistakes.push(`ifSeqNo is unassigned, but primary term is [${wants.ifPrimaryTerm}]`);
  }
  if (id !== null && id.length * 3 > idBytesMax) {
    const bytes = Buffer.byteLength(id);
    if (bytes > idBytesMax) {
      mistakes.push(`id [${id}] is too long, must be no longer than ${idBytesMax} bytes but was: ${bytes}`);
    }
  }
  return mistakes;
}

export function assertNoMistakes(mistakes: readonly string[]): void {
  if (mistakes.length > 0) throw validationFailed(...mistakes);
}

/** Updates go through no pipeline: one that names one cannot be done as asked. */
export function assertNoPipeline(name: string | null): void {
  if (name !== null && name !== '_none') throw illegalArgument(`an update goes through no pipeline: [${name}]`);
}

/** The answer for a document that a pipeline has dropped. */
export function droppedAnswer(index: string, id: string | null): Record<string, unknown> {
  return {
    _index: index,
    _id: id ?? 'auto-generated',
    _version: -3,
    result: 'noop',
    _shards: { total: 0, successful: 0, failed: 0 },
  };
}

export function shardsOf(index: IndexHandle): Record<string, number> {
  return { total: 1 + index.replicaCount, successful: 1, failed: 0 };
}

/** The answer to one write. */
export function writeAnswer(
  index: IndexHandle,
  id: string,
  result: WriteResult,
  isRefreshed: boolean,
): Record<string, unknown> {
  return {
    _index: index.name,
    _id: id,
    _version: result.version,
    result: result.result,
    ...(isRefreshed ? { forced_refresh: true } : {}),
    _shards: shardsOf(index),
    _seq_no: result.seqNo,
    _primary_term: result.primaryTerm,
  };
}

/** Waits for, or does, what `refresh` asks for: on the shards that were written to, no others. */
export async function applyRefresh(
  refresh: Refresh,
  written: Iterable<readonly [IndexHandle, Iterable<Shard>]>,
): Promise<void> {
  if (refresh === 'false') return;
  for (const [index, shards] of written) {
    if (refresh === 'true') index.refresh(shards);
    else await index.waitForRefresh();
  }
}
