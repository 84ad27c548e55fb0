import type { FormatInfo, SerdeFeature } from '../formats/format.ts';
import type { LogicalSchema } from '../schema/column.ts';
import type { SourceKind } from '../syntax/ast/index.ts';

export type WindowType = 'TUMBLING' | 'HOPPING' | 'SESSION';

/** Of a topic whose keys are windowed. */
export interface WindowInfo {
  readonly type: WindowType;
  /** Null for sessions: each has its own. */
  readonly sizeMs: number | null;
}

export interface KeyFormat {
  readonly format: FormatInfo;
  readonly features: ReadonlySet<SerdeFeature>;
  readonly window: WindowInfo | null;
}

export interface ValueFormat {
  readonly format: FormatInfo;
  readonly features: ReadonlySet<SerdeFeature>;
}

/** A column that gives records their time. */
export interface TimestampColumn {
  readonly name: string;
  /** Java's DateTimeFormatter pattern of a text column. */
  readonly format: string | null;
}

/** A stream or table: a topic and how its records are rows. */
export interface DataSource {
  readonly kind: SourceKind;
  readonly name: string;
  readonly schema: LogicalSchema;
  readonly topic: string;
  readonly keyFormat: KeyFormat;
  readonly valueFormat: ValueFormat;
  readonly timestamp: TimestampColumn | null;
  /** Of a table: how long rows stay after their last update, in stream time; null: for ever. */
  readonly rowTtlMs: number | null;
  /** Its columns' and fields' names as statements write them, for JSON that keeps the case. */
  readonly spellings: ReadonlyMap<string, string>;
  /** Made by CREATE SOURCE: read-only. */
  readonly isReadOnly: boolean;
  /** Made by a query (CREATE … AS). */
  readonly isDerived: boolean;
  /** The text that made it. */
  readonly statement: string;
}
