import { illegalArgument } from '../errors.ts';
import { JsonError } from '../json/json-error.ts';
import {
  JsonScanner,
  tokenArrayEnd,
  tokenArrayStart,
  tokenEnd,
  tokenKey,
  tokenNames,
  tokenNull,
  tokenObjectEnd,
  tokenObjectStart,
  tokenString,
} from '../json/json-scanner.ts';
import { type Concurrency, versionTypeOf } from './write-params.ts';

export type BulkAction = 'index' | 'create' | 'update' | 'delete';

/** One operation of a bulk request: its action line, and the bytes of its document. */
export interface BulkItem extends Concurrency {
  action: BulkAction;
  index: string | null;
  id: string | null;
  routing: string | null;
  pipeline: string | null;
  requireAlias: boolean | null;
  source: Buffer | null;
  sourceFilter: string[] | boolean | null;
}

const newline = 0x0a;

/** Cuts a bulk body into its operations. Mistakes in an action line refuse the whole request, as the real system does. */
export function* parseBulk(body: Buffer): Generator<BulkItem> {
  if (body.length > 0 && body[body.length - 1] !== newline) {
    throw illegalArgument('The bulk request must be terminated by a newline [\\n]');
  }
  let at = 0;
  let line = 0;
  while (at < body.length) {
    const end = body.indexOf(newline, at);
    const start = at;
    at = end + 1;
    line++;
    const stop = end > start && body[end - 1] === 0x0d ? end - 1 : end;
    if (stop === start) continue;
    const item = parseAction(body, start, stop, line);
    if (item === null) continue;
    if (item.action !== 'delete') {
      // A last action without its document is left out.
      if (at >= body.length) return;
      const sourceEnd = body.indexOf(newline, at);
      const sourceStop = sourceEnd > at && body[sourceEnd - 1] === 0x0d ? sourceEnd - 1 : sourceEnd;
      item.source = body.subarray(at, sourceStop);
      at = sourceEnd + 1;
      line++;
    }
    yield item;
  }
}

function parseAction(body: Buffer, start: number, end: number, line: number): BulkItem | null {
  const scanner = new JsonScanner(body, start, end);
  const malformed = (wanted: string): Error =>
    illegalArgument(
      `Malformed action/metadata line [${line}], expected ${wanted} but found [${tokenNames[scanner.token]}]`,
    );
  const first = scanner.next();
  if (first === tokenEnd) return null;
  if (first !== tokenObjectStart) throw malformed('START_OBJECT');
  const second = scanner.next();
  if (second === tokenObjectEnd) return null;
  if (second !== tokenKey) throw malformed('FIELD_NAME');
  const action = scanner.text();
  if (action !== 'index' && action !== 'create' && action !== 'update' && action !== 'delete') {
    throw illegalArgument(
      `Malformed action/metadata line [${line}], expected one of [create, delete, index, update] but found [${action}]`,
    );
  }
  const item: BulkItem = {
    action,
    index: null,
    id: null,
    routing: null,
    pipeline: null,
    requireAlias: null,
    source: null,
    sourceFilter: null,
  };
  scanner.next();
  if (scanner.token !== tokenObjectStart) throw malformed('START_OBJECT or END_OBJECT');
  let opType: string | null = null;
  try {
    while (scanner.next() === tokenKey) {
      const key = scanner.text();
      const token = scanner.next();
      if (key === '_source' || key === 'dynamic_templates') {
        if (key === '_source') item.sourceFilter = readSourceFilter(scanner);
        else scanner.skipValue();
        continue;
      }
      if (token === tokenArrayStart || token === tokenObjectStart) {
        throw illegalArgument(
          `Malformed action/metadata line [${line}], expected a simple value for field [${key}] but found [${tokenNames[token]}]`,
        );
      }
      const value = token === tokenNull ? null : token === tokenString ? scanner.text() : scanner.raw();
      if (key === 'op_type') opType = value;
      else if (!setField(item, key, value)) {
        throw illegalArgument(`Action/metadata line [${line}] contains an unknown parameter [${key}]`);
      }
    }
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw illegalArgument(`Malformed action/metadata line [${line}], ${error.message.split('\n')[0]}`);
  }
  if (opType !== null) {
    if (opType !== 'index' && opType !== 'create')
      throw illegalArgument(`opType must be 'create' or 'index', found: [${opType}]`);
    if (action === 'index') item.action = opType;
  }
  return item;
}

function setField(item: BulkItem, key: string, value: string | null): boolean {
  switch (key) {
    case '_index':
      item.index = value;
      return true;
    case '_id':
      item.id = value;
      return true;
    case 'routing':
      item.routing = value;
      return true;
    case 'version':
      item.version = Number(value);
      return true;
    case 'version_type':
      item.versionType = versionTypeOf(value);
      return true;
    case 'if_seq_no':
      item.ifSeqNo = Number(value);
      return true;
    case 'if_primary_term':
      item.ifPrimaryTerm = Number(value);
      return true;
    case 'pipeline':
      item.pipeline = value;
      return true;
    case 'require_alias':
      item.requireAlias = value === 'true';
      return true;
    // Old agents still name a type; there is only one. Conflicts cannot come between a read and its write here.
    case '_type':
    case 'retry_on_conflict':
      return true;
    default:
      return false;
  }
}

function readSourceFilter(scanner: JsonScanner): string[] | boolean {
  if (scanner.token === tokenString) return [scanner.text()];
  if (scanner.token === tokenArrayStart) {
    const names: string[] = [];
    for (let token = scanner.next(); token !== tokenArrayEnd; token = scanner.next()) {
      names.push(token === tokenString ? scanner.text() : scanner.raw());
    }
    return names;
  }
  const raw = scanner.raw();
  scanner.skipValue();
  return raw === 'true';
}
