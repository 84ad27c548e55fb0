import type { SqlType } from '../../types/sql-type.ts';
import type { SourceRange } from '../source-range.ts';
import type { Expression, StringLiteral } from './expression.ts';
import type { Query, TimeSpan } from './query.ts';

/** The values of a WITH clause by upper-cased name, in their order; literals only. */
export type WithProperties = ReadonlyMap<string, Expression>;

export type ColumnConstraint =
  | { readonly kind: 'value' }
  | { readonly kind: 'key' }
  | { readonly kind: 'primaryKey' }
  | { readonly kind: 'headers' }
  | { readonly kind: 'header'; readonly key: string };

export interface ColumnDefinition {
  readonly range: SourceRange | null;
  readonly name: string;
  readonly type: SqlType;
  readonly constraint: ColumnConstraint;
}

interface StatementNode {
  readonly range: SourceRange | null;
}

export type SourceKind = 'STREAM' | 'TABLE';

export interface CreateSource extends StatementNode {
  readonly kind: 'createSource';
  readonly sourceKind: SourceKind;
  readonly name: string;
  readonly isOrReplace: boolean;
  readonly isIfNotExists: boolean;
  /** CREATE SOURCE STREAM|TABLE: read-only, and materialized where it is a table. */
  readonly isSource: boolean;
  /** Empty: to be inferred from the registry. */
  readonly columns: readonly ColumnDefinition[];
  readonly properties: WithProperties;
}
export interface CreateAsSelect extends StatementNode {
  readonly kind: 'createAsSelect';
  readonly sourceKind: SourceKind;
  readonly name: string;
  readonly isOrReplace: boolean;
  readonly isIfNotExists: boolean;
  readonly properties: WithProperties;
  readonly query: Query;
}
export interface InsertInto extends StatementNode {
  readonly kind: 'insertInto';
  readonly target: string;
  readonly properties: WithProperties;
  readonly query: Query;
}
export interface InsertValues extends StatementNode {
  readonly kind: 'insertValues';
  readonly target: string;
  /** Empty: all in their order. */
  readonly columns: readonly string[];
  readonly values: readonly Expression[];
}
export interface DropSource extends StatementNode {
  readonly kind: 'dropSource';
  readonly sourceKind: SourceKind;
  readonly name: string;
  readonly isIfExists: boolean;
  readonly isTopicDeleted: boolean;
}
export interface AlterSource extends StatementNode {
  readonly kind: 'alterSource';
  readonly sourceKind: SourceKind;
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[];
}
export interface CreateType extends StatementNode {
  readonly kind: 'createType';
  readonly name: string;
  readonly type: SqlType;
  readonly isIfNotExists: boolean;
}
export interface DropType extends StatementNode {
  readonly kind: 'dropType';
  readonly name: string;
  readonly isIfExists: boolean;
}
/** TERMINATE, PAUSE, RESUME; null: ALL. */
export interface ManageQuery extends StatementNode {
  readonly kind: 'terminate' | 'pause' | 'resume';
  readonly queryId: string | null;
}
export interface Explain extends StatementNode {
  readonly kind: 'explain';
  /** Either a statement or the id of a query. */
  readonly statement: Statement | null;
  readonly queryId: string | null;
}
export interface ListItems extends StatementNode {
  readonly kind: 'list';
  readonly what:
    | 'STREAMS'
    | 'TABLES'
    | 'TOPICS'
    | 'QUERIES'
    | 'FUNCTIONS'
    | 'PROPERTIES'
    | 'TYPES'
    | 'VARIABLES'
    | 'CONNECTORS'
    | 'SOURCE CONNECTORS'
    | 'SINK CONNECTORS'
    | 'CONNECTOR PLUGINS';
  readonly isExtended: boolean;
  /** SHOW ALL TOPICS: hidden ones too. */
  readonly isAll: boolean;
}
export interface DescribeSource extends StatementNode {
  readonly kind: 'describeSource';
  readonly name: string;
  readonly isExtended: boolean;
}
export interface DescribeStreams extends StatementNode {
  readonly kind: 'describeSources';
  readonly sourceKind: SourceKind;
  readonly isExtended: boolean;
}
export interface DescribeFunction extends StatementNode {
  readonly kind: 'describeFunction';
  readonly name: string;
}
export interface DescribeConnector extends StatementNode {
  readonly kind: 'describeConnector';
  readonly name: string;
}
export interface PrintTopic extends StatementNode {
  readonly kind: 'printTopic';
  readonly topic: string;
  readonly isFromBeginning: boolean;
  /** Each n-th record; null: all. */
  readonly interval: number | null;
  readonly limit: number | null;
}
export interface SetProperty extends StatementNode {
  readonly kind: 'setProperty';
  readonly name: string;
  readonly value: string;
}
export interface UnsetProperty extends StatementNode {
  readonly kind: 'unsetProperty';
  readonly name: string;
}
export interface DefineVariable extends StatementNode {
  readonly kind: 'defineVariable';
  readonly name: string;
  readonly value: string;
}
export interface UndefineVariable extends StatementNode {
  readonly kind: 'undefineVariable';
  readonly name: string;
}
export interface AlterSystem extends StatementNode {
  readonly kind: 'alterSystem';
  readonly name: string;
  readonly value: string;
}
export interface CreateConnector extends StatementNode {
  readonly kind: 'createConnector';
  readonly direction: 'SOURCE' | 'SINK';
  readonly name: string;
  readonly isIfNotExists: boolean;
  readonly properties: WithProperties;
}
export interface DropConnector extends StatementNode {
  readonly kind: 'dropConnector';
  readonly name: string;
  readonly isIfExists: boolean;
}
export interface AssertTopic extends StatementNode {
  readonly kind: 'assertTopic';
  readonly topic: string;
  readonly isExpected: boolean;
  readonly properties: WithProperties;
  readonly timeout: TimeSpan | null;
}
export interface AssertSchema extends StatementNode {
  readonly kind: 'assertSchema';
  readonly subject: string | null;
  readonly id: number | null;
  readonly isExpected: boolean;
  readonly timeout: TimeSpan | null;
}
/** Of test scripts. */
export interface AssertValues extends StatementNode {
  readonly kind: 'assertValues';
  readonly source: string;
  readonly columns: readonly string[];
  readonly values: readonly Expression[];
}
/** ASSERT NULL VALUES … KEY (…), of test scripts. */
export interface AssertTombstone extends StatementNode {
  readonly kind: 'assertTombstone';
  readonly source: string;
  readonly columns: readonly string[];
  readonly values: readonly Expression[];
}
/** ASSERT STREAM|TABLE, of test scripts. */
export interface AssertSource extends StatementNode {
  readonly kind: 'assertSource';
  readonly sourceKind: SourceKind;
  readonly name: string;
  readonly columns: readonly ColumnDefinition[];
  readonly properties: WithProperties;
}
export interface RunScript extends StatementNode {
  readonly kind: 'runScript';
  readonly path: StringLiteral;
}

/** Beyond the dialect: a tombstone for each key of a table that the condition names. */
export interface DeleteRows extends StatementNode {
  readonly kind: 'deleteRows';
  readonly target: string;
  readonly where: Expression;
}
/** Beyond the dialect: rebuilds a query, or what a source is made by, from what the log still holds, and takes its place. */
export interface Rewind extends StatementNode {
  readonly kind: 'rewind';
  /** Null: of whatever kind the name is. */
  readonly targetKind: SourceKind | 'QUERY' | null;
  readonly target: string;
  readonly to: RewindStart;
}
export type RewindStart =
  | { readonly kind: 'beginning' }
  /** Milliseconds since the epoch, or a date and time as ROWTIME is compared with. */
  | { readonly kind: 'timestamp'; readonly at: number | string }
  /** Offsets by partition, for queries of one source. */
  | { readonly kind: 'offsets'; readonly offsets: ReadonlyMap<number, number> };

export type Statement =
  | Query
  | CreateSource
  | CreateAsSelect
  | InsertInto
  | InsertValues
  | DropSource
  | AlterSource
  | CreateType
  | DropType
  | ManageQuery
  | Explain
  | ListItems
  | DescribeSource
  | DescribeStreams
  | DescribeFunction
  | DescribeConnector
  | PrintTopic
  | SetProperty
  | UnsetProperty
  | DefineVariable
  | UndefineVariable
  | AlterSystem
  | CreateConnector
  | DropConnector
  | AssertTopic
  | AssertSchema
  | AssertValues
  | AssertTombstone
  | AssertSource
  | RunScript
  | DeleteRows
  | Rewind;
