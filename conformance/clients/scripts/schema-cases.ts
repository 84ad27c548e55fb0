/** What is exchanged with foreign serializers: schemas, how they evolve, and values as text. */

export interface CaseReference {
  name: string;
  subject: string;
  version: number;
}

export interface CaseSchema {
  /** The text that is registered. */
  schema: string;
  references?: readonly CaseReference[];
  /** Protobuf: all files by name, the one with the message, and its full name. */
  files?: Readonly<Record<string, string>>;
  main?: string;
  message?: string;
}

export interface SchemaCase {
  format: 'avro' | 'json' | 'protobuf';
  /** Registered first, by subject. */
  referenced?: Readonly<Record<string, string>>;
  schema: CaseSchema;
  /** What comes after `schema` in the same subject: readers of it read what was written before, and the reverse. */
  evolved: CaseSchema;
  /** Avro's JSON encoding, proto3 JSON, or JSON. */
  values: readonly string[];
  /** The same as a reader of `evolved` sees them. */
  evolvedValues: readonly string[];
  /** Values of `evolved`, and what a reader of `schema` sees. */
  newerValues: readonly string[];
  newerAsOld: readonly string[];
  /** The foreign program cannot be told to read as another schema than the one that was written with. */
  isForeignAsWritten?: boolean;
}

const long = { least: '-9223372036854775808', greatest: '9223372036854775807' };

/** Names are of one run: subjects live longer. */
export function schemaCases(run: string): Record<SchemaCase['format'] | 'small' | 'untimed' | 'whole', SchemaCase> {
  return {
    avro: avroCase(run),
    small: smallCase(),
    json: jsonCase(run, true),
    whole: jsonCase(run, false),
    protobuf: protobufCase(run, true),
    untimed: protobufCase(run, false),
  };
}

/** For serializers that read a 64-bit integer as a double, and whose values are not Avro's JSON: no unions, no bytes. */
function smallCase(): SchemaCase {
  const record = (fields: unknown[]): string =>
    JSON.stringify({ type: 'record', name: 'Tweet', namespace: 'shop', fields });
  const common = [
    { name: 'id', type: 'long' },
    { name: 'text', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'weights', type: { type: 'array', items: 'double' } },
  ];
  const one = '"id":4503599627370495,"text":"ä€😀","at":1760000000000,"weights":[0.1,-2.5]';
  const two = '"id":-4503599627370495,"text":"","at":0,"weights":[]';
  return {
    format: 'avro',
    schema: { schema: record([...common, { name: 'gone', type: 'int', default: 4 }]) },
    evolved: { schema: record([...common, { name: 'likes', type: 'int', default: 7 }]) },
    values: [`{${one},"gone":1}`, `{${two},"gone":-1}`],
    evolvedValues: [`{${one},"likes":7}`, `{${two},"likes":7}`],
    newerValues: [`{${one},"likes":3}`],
    newerAsOld: [`{${one},"gone":4}`],
  };
}

function avroCase(run: string): SchemaCase {
  const address = `${run}-address`;
  const references = [{ name: 'shop.Address', subject: address, version: 1 }];
  const line = {
    type: 'record',
    name: 'Line',
    fields: [
      { name: 'sku', type: 'string' },
      { name: 'quantity', type: 'int' },
      { name: 'price', type: 'double' },
    ],
  };
  const decimal = { type: 'bytes', logicalType: 'decimal', precision: 38, scale: 4 };
  const common = [
    { name: 'id', type: 'long' },
    { name: 'total', type: decimal },
    { name: 'lines', type: { type: 'array', items: line } },
    { name: 'tags', type: { type: 'map', values: 'string' } },
    { name: 'hash', type: { type: 'fixed', name: 'Hash', size: 4 } },
    { name: 'raw', type: 'bytes' },
    { name: 'address', type: ['null', 'shop.Address'], default: null },
    { name: 'choice', type: ['null', 'string', 'long', 'boolean'], default: null },
  ];
  const record = (fields: unknown[]): string =>
    JSON.stringify({ type: 'record', name: 'Order', namespace: 'shop', fields });
  const status = (symbols: string[]) => ({
    name: 'status',
    type: { type: 'enum', name: 'Status', symbols, default: 'NEW' },
  });
  const schema = record([
    ...common,
    { name: 'count', type: 'int', default: 0 },
    { name: 'gone', type: 'string', default: '?' },
    status(['NEW', 'PAID']),
  ]);
  const evolved = record([
    ...common,
    { name: 'amount', type: 'long', aliases: ['count'] },
    status(['NEW', 'PAID', 'SHIPPED']),
    { name: 'note', type: ['null', 'string'], default: null },
    { name: 'weight', type: 'float', default: 1.5 },
  ]);
  const shared = (id: string, total: string) =>
    `"id":${id},"total":"${total}","lines":[{"sku":"ä€😀","quantity":-2147483648,"price":0.1},{"sku":"","quantity":2147483647,"price":-1.7976931348623157e+308}],"tags":{"a":"1","__proto__":"2"},"hash":"\\u0000\\u007f\\u0080\\u00ff","raw":"\\u00fe\\u0001"`;
  const some = `"address":{"shop.Address":{"street":"1 Road","zip":12345}},"choice":{"long":${long.least}}`;
  const none = '"address":null,"choice":{"boolean":true}';
  const [big, small] = [
    shared(long.greatest, '\\u007f\\u00ff\\u00ff\\u00ff\\u00ff\\u00ff\\u00ff\\u00ff\\u00ff'),
    shared(long.least, '\\u00ff'),
  ];
  return {
    format: 'avro',
    referenced: {
      [address]: JSON.stringify({
        type: 'record',
        name: 'Address',
        namespace: 'shop',
        fields: [
          { name: 'street', type: 'string' },
          { name: 'zip', type: 'int' },
        ],
      }),
    },
    schema: { schema, references },
    evolved: { schema: evolved, references },
    values: [
      `{${big},${some},"count":7,"gone":"x","status":"PAID"}`,
      `{${small},${none},"count":-7,"gone":"","status":"NEW"}`,
    ],
    evolvedValues: [
      `{${big},${some},"amount":7,"status":"PAID","note":null,"weight":1.5}`,
      `{${small},${none},"amount":-7,"status":"NEW","note":null,"weight":1.5}`,
    ],
    newerValues: [`{${big},${none},"amount":9,"status":"SHIPPED","note":{"string":"n"},"weight":2.5}`],
    newerAsOld: [`{${big},${none},"count":0,"gone":"?","status":"NEW"}`],
  };
}

/** Apicurio's looks for the schema that is referred to in the web. */
function jsonCase(run: string, isReferring: boolean): SchemaCase {
  const line = `${run}-line.json`;
  const references = isReferring ? [{ name: 'https://shop.test/line.json', subject: line, version: 1 }] : [];
  const lineSchema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Line',
    type: 'object',
    properties: { sku: { type: 'string' }, quantity: { type: 'integer', minimum: 0 } },
    required: ['sku'],
  };
  const schemaOf = (properties: object, required: string[]): string =>
    JSON.stringify({
      $schema: 'http://json-schema.org/draft-07/schema#',
      title: 'Order',
      type: 'object',
      additionalProperties: false,
      properties: {
        id: { type: 'integer' },
        total: { type: 'number' },
        lines: { type: 'array', items: isReferring ? { $ref: 'https://shop.test/line.json' } : lineSchema },
        ...properties,
      },
      required,
    });
  const values = [
    '{"id":9007199254740991,"total":12.5,"lines":[{"sku":"ä€😀","quantity":3}]}',
    '{"id":-1,"total":1e-7,"lines":[]}',
  ];
  const newerValues = ['{"id":1,"lines":[{"sku":"a"}],"note":"n"}'];
  return {
    format: 'json',
    referenced: isReferring ? { [line]: JSON.stringify(lineSchema) } : {},
    schema: { schema: schemaOf({}, ['id', 'total']), references },
    evolved: { schema: schemaOf({ note: { type: 'string' } }, ['id']), references },
    values,
    evolvedValues: values,
    newerValues,
    // JSON is not resolved: a value is read as it was written, and must be one of the reader's.
    newerAsOld: [],
  };
}

/** Apicurio's does not find a file of its own and one of Google's at the same time, nor does it tell an empty text from none. */
function protobufCase(run: string, isTimed: boolean): SchemaCase {
  const directory = run.replaceAll('-', '_');
  // Where its package says that it lies: Wire, which is in Apicurio's, looks there only.
  const common = `shop/common_${directory}/common.proto`;
  const references = [{ name: common, subject: common, version: 1 }];
  const address = `syntax = "proto3";\npackage shop.common_${directory};\nmessage Address { string street = 1; uint32 zip = 2; }\n`;
  const packageName = `shop_${directory}`;
  const file = (order: string): string => `syntax = "proto3";
package ${packageName};
import "${common}";
${isTimed ? 'import "google/protobuf/timestamp.proto";' : ''}
message First { bool unused = 1; }
message Order {
  message Line { string sku = 1; sint32 quantity = 2; double price = 3; }
  enum Status { NEW = 0; PAID = 1; SHIPPED = 2; }
  int64 id = 1;
  uint64 most = 2;
  sint64 least = 3;
  fixed64 fixed = 4;
  sfixed64 signed = 5;
  repeated Line lines = 6;
  map<string, int64> counts = 7;
  bytes raw = 8;
  Status status = 9;
  shop.common_${directory}.Address address = 10;
  ${isTimed ? 'google.protobuf.Timestamp created = 11;' : ''}
  oneof choice { string text = 12; int64 number = 13; }
  optional string note = 14;
  ${order}
}
`;
  const older = file('string gone = 15;');
  const newer = file('reserved 15; repeated float weights = 16; optional int32 extra = 17;');
  const fields = (gone: string) =>
    `"id":"${long.greatest}","most":"18446744073709551615","least":"${long.least}","fixed":"18446744073709551614","signed":"${long.least}","lines":[{"sku":"ä€😀","quantity":-2147483648,"price":0.1},{"sku":"b","quantity":2147483647}],"counts":{"a":"${long.least}","b":"1"},"raw":"AP+A","status":"PAID","address":{"street":"1 Road","zip":4294967295},${isTimed ? '"created":"2026-01-02T03:04:05.000000006Z",' : ''}"number":"-1","note":"${isTimed ? '' : 'n'}"${gone}`;
  const versions = (text: string, name: string): CaseSchema => ({
    schema: text,
    references,
    files: { [common]: address, [name]: text },
    main: name,
    message: `${packageName}.Order`,
  });
  return {
    format: 'protobuf',
    referenced: { [common]: address },
    schema: versions(older, `${directory}_order.proto`),
    evolved: versions(newer, `${directory}_order_newer.proto`),
    values: [`{${fields(',"gone":"x"')}}`, '{}', '{"text":"t","status":"SHIPPED"}'],
    evolvedValues: [`{${fields('')}}`, '{}', '{"text":"t","status":"SHIPPED"}'],
    newerValues: [`{${fields(',"weights":[1.5,-2.5],"extra":3')}}`],
    newerAsOld: [`{${fields('')}}`],
    isForeignAsWritten: !isTimed,
  };
}
