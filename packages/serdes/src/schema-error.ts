/** A schema that cannot be understood. `where` is the path in it, such as `fields[2].type`; empty for the schema as a whole. */
export class SchemaError extends Error {
  readonly code = 'HW_SERDES_SCHEMA';
  readonly where: string;

  constructor(message: string, where = '', options?: ErrorOptions) {
    super(where === '' ? message : `${message} (at ${where})`, options);
    this.name = 'SchemaError';
    this.where = where;
  }
}
