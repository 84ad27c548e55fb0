import { type ApiKey, apis, defaultOf, type FieldSchema, inVersions } from '@headwater/protocol';

type Entry = Record<string, unknown>;

/** An answer that is written for all versions: without the fields that this one has not, and with empty ones where it says nothing. */
export function fitsVersion(apiKey: ApiKey, version: number, body: Entry): Entry {
  return fit(apis[apiKey]!.response.fields, version, body);
}

function fit(fields: readonly FieldSchema[], version: number, value: Entry): Entry {
  const fitting: Entry = {};
  for (const field of fields) {
    const { fields: inner, name } = field;
    if (!inVersions(field.versions, version)) continue;
    const content = value[name] === undefined ? emptyField(field, version) : value[name];
    if (content === undefined) continue;
    if (inner === undefined || content === null) fitting[name] = content;
    else if (Array.isArray(content)) fitting[name] = content.map((each) => fit(inner, version, each as Entry));
    else fitting[name] = fit(inner, version, content as Entry);
  }
  return fitting;
}

/** Undefined where the encoding has a default of its own. */
function emptyField(field: FieldSchema, version: number): unknown {
  if (field.default !== undefined || inVersions(field.tagged, version)) return undefined;
  if (field.array) return [];
  if (inVersions(field.nullable, version)) return null;
  return field.fields === undefined ? defaultOf(field, version) : {};
}
