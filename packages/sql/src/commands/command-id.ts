import type { Statement } from '../syntax/ast/index.ts';

/** Statements that change what there is: they are kept, and done again by each server. */
const kept = new Set<Statement['kind']>([
  'createSource',
  'createAsSelect',
  'insertInto',
  'alterSource',
  'dropSource',
  'createType',
  'dropType',
  'terminate',
  'pause',
  'resume',
  'rewind',
]);

export function isCommand({ kind }: Statement): boolean {
  return kept.has(kind);
}

/** `stream/NAME/create`: kind, name, what is done. */
export function commandIdOf(statement: Statement): string {
  switch (statement.kind) {
    case 'createSource':
    case 'createAsSelect':
      return `${statement.sourceKind.toLowerCase()}/${statement.name}/create`;
    case 'alterSource':
      return `${statement.sourceKind.toLowerCase()}/${statement.name}/alter`;
    case 'dropSource':
      return `${statement.sourceKind.toLowerCase()}/${statement.name}/drop`;
    case 'insertInto':
      return `stream/${statement.target}/create`;
    case 'createType':
      return `type/${statement.name}/create`;
    case 'dropType':
      return `type/${statement.name}/drop`;
    case 'terminate':
    case 'pause':
    case 'resume':
      return `${statement.kind}/${statement.queryId ?? 'ALL'}/execute`;
    case 'rewind':
      return `query/${statement.target}/rewind`;
    default:
      return `statement/${statement.kind}/execute`;
  }
}
