import { jsonText, ParsedJsonSchema, type ParsedSchema } from '@headwater/serdes';
import { SqlError } from '../../sql-error.ts';
import type { ConnectSchema } from '../connect/connect-schema.ts';
import type { CodecSpec, RowCodec } from '../format.ts';
import { JsonBytes } from '../json/json-bytes.ts';
import { jsonRows, jsonRowWriter } from '../json/json-format.ts';
import type { WriteForm } from '../json/json-writers.ts';
import { registryCodec, type SchemaFormat } from '../registry/registry-codec.ts';
import { connectOfJsonSchema } from './connect-of-json-schema.ts';
import { jsonSchemaOfColumns } from './json-schema-of-columns.ts';

export function jsonSchemaCodecOf(spec: CodecSpec): RowCodec {
  return registryCodec(spec, jsonSchemaFormat);
}

/** JSON behind the id of its schema, in the form that Connect's converter writes. */
export const jsonSchemaFormat: SchemaFormat = {
  schemaOf: (spec) => ({ schemaType: 'JSON', schema: jsonText(jsonSchemaOfColumns(spec)), references: [] }),
  reader(schema, spec) {
    jsonSchemaOf(schema);
    return jsonRows(spec, 'schema');
  },
  writer(parsed, spec) {
    const form = writeForm(connectOfJsonSchema(jsonSchemaOf(parsed).root));
    const write = jsonRowWriter(spec, form);
    const json = new JsonBytes();
    return {
      encode(row, id) {
        json.reset();
        json.byte(0);
        for (const shift of [24, 16, 8, 0]) json.byte((id >>> shift) & 0xff);
        write(row, json);
        return json.finish();
      },
    };
  },
};

function jsonSchemaOf(schema: ParsedSchema): ParsedJsonSchema {
  if (schema instanceof ParsedJsonSchema) return schema;
  throw new SqlError(
    'HW_SQL_FORMAT',
    `The schema is of type ${schema.schemaType}, and the format of the topic JSON_SR`,
  );
}

/** Maps are written as the schema has them; schemas without any do not matter. */
function writeForm(schema: ConnectSchema | undefined): WriteForm {
  const hasObjects = (one: ConnectSchema | undefined): boolean => {
    if (one === undefined) return false;
    if (one.kind === 'MAP' && one.isEntries !== true) return true;
    return hasObjects(one.value) || (one.fields?.some((field) => hasObjects(field.schema)) ?? false);
  };
  return hasObjects(schema) ? 'objects' : 'entries';
}
