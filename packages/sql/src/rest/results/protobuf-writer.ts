import { ParsedProtobufSchema } from '@headwater/serdes';
import type { CodecSpec } from '../../formats/format.ts';
import { protoOfColumns } from '../../formats/protobuf/proto-of-columns.ts';
import { rowCodec } from '../../formats/row-codec.ts';
import { SqlError } from '../../sql-error.ts';
import type { RunningQuery } from '../sql-service.ts';
import { mediaTypes, type ResultWriter, schemaText, streamedRowWriter } from './result-writer.ts';

const noOptions = { nullable: null, unwraps: false };

/**
 * The older form with rows as Protobuf messages in base64; the header has their schema. Null is the default of its type, as in ksqlDB; of a
 * row that is gone the key is told as JSON.
 *
 * @throws SqlError for columns that a message cannot have
 */
export function protobufWriter(query: RunningQuery): ResultWriter {
  const columns = query.columns.map(({ name, type }) => ({ name, type }));
  const protoSchema = new ParsedProtobufSchema(protoOfColumns(columns, undefined, noOptions)).canonical;
  const spec: CodecSpec = {
    format: { name: 'PROTOBUF_NOSR', properties: new Map() },
    part: 'value',
    topic: '',
    columns,
    isWrapped: true,
    registry: null,
  };
  const codec = rowCodec(spec);
  const older = streamedRowWriter(query, mediaTypes.protobuf);
  const header = { header: { queryId: query.id, schema: schemaText(query.columns), protoSchema } };
  const rowText = (values: readonly unknown[]) => {
    const bytes = codec.encode(values, '');
    if (bytes === null) throw new SqlError('HW_SQL_FORMAT', 'The row is no message');
    return `,\n{"row":{"protobufBytes":"${Buffer.from(bytes as Uint8Array).toString('base64')}"}}`;
  };
  return {
    ...older,
    head: () => `[${JSON.stringify(header)}`,
    rows: (rows) => rows.map((row) => (row.isTombstone ? older.rows([row]) : rowText(row.values))).join(''),
  };
}
