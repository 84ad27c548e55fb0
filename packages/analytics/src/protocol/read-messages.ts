/** The text up to the next zero byte, and where the rest begins. */
export function readText(bytes: Buffer, offset: number): [text: string, next: number] {
  const end = bytes.indexOf(0, offset);
  if (end < 0) throw new RangeError('a text in a message does not end');
  return [bytes.toString('utf8', offset, end), end + 1];
}

/** Of a Query. */
export function queryText(message: Buffer): string {
  return readText(message, 5)[0];
}

/** Of a Parse. */
export function parseNames(message: Buffer): { statement: string; text: string } {
  const [statement, next] = readText(message, 5);
  return { statement, text: readText(message, next)[0] };
}

/** Of a Bind: the statement that it is for. */
export function boundStatement(message: Buffer): string {
  const [, next] = readText(message, 5);
  return readText(message, next)[0];
}

/** Of a Describe or Close: a statement (`S`) or a portal (`P`), and its name. */
export function describedName(message: Buffer): { kind: string; name: string } {
  return { kind: String.fromCharCode(message[5] ?? 0), name: readText(message, 6)[0] };
}

/** Of a CommandComplete: such as `INSERT 0 1`. */
export function commandTag(message: Buffer): string {
  return readText(message, 5)[0];
}

/** Of a ParameterStatus. */
export function parameter(message: Buffer): [name: string, value: string] {
  const [name, next] = readText(message, 5);
  return [name, readText(message, next)[0]];
}

/** Of a NotificationResponse. */
export function notification(message: Buffer): { channel: string; payload: string } {
  const [channel, next] = readText(message, 9);
  return { channel, payload: readText(message, next)[0] };
}

/** Of an ErrorResponse: its fields by their letter. */
export function errorFields(message: Buffer): Record<string, string> {
  const fields: Record<string, string> = {};
  let offset = 5;
  while (offset < message.length && message[offset] !== 0) {
    const [text, next] = readText(message, offset);
    fields[text[0]!] = text.slice(1);
    offset = next;
  }
  return fields;
}

/** Of a DataRow: its values in the text format. */
export function rowValues(message: Buffer): (string | null)[] {
  const values: (string | null)[] = [];
  let offset = 7;
  for (let count = message.readInt16BE(5); count > 0; count--) {
    const length = message.readInt32BE(offset);
    offset += 4;
    values.push(length < 0 ? null : message.toString('utf8', offset, offset + length));
    if (length > 0) offset += length;
  }
  return values;
}
