/** What all entities have. */
export interface EntityHead {
  readonly statementText: string;
  readonly warnings: readonly { readonly message: string }[];
}

/** A type as entities tell it. */
export interface SchemaInfo {
  readonly type: string;
  readonly fields: readonly FieldInfo[] | null;
  readonly memberSchema: SchemaInfo | null;
  /** Of DECIMAL: `precision` and `scale`. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

export interface FieldInfo {
  readonly name: string;
  readonly schema: SchemaInfo;
  /** Absent for values. */
  readonly type?: 'KEY' | 'HEADER';
  readonly headerKey?: string;
}
