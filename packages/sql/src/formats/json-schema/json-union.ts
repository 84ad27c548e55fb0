/** What Connect calls the fields of a struct that stands for a union, `oneOf` or `anyOf`: this and their number. */
export const jsonUnionField = 'io.confluent.connect.json.OneOf.field.';

export function isJsonUnion(fields: readonly { readonly name: string }[]): boolean {
  const prefix = jsonUnionField.toUpperCase();
  return fields.length > 0 && fields.every(({ name }) => name.toUpperCase().startsWith(prefix));
}
