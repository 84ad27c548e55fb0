import type { Json } from '../json.ts';
import { namesAt, objectAt, textsAt } from './fields.ts';

/** What is said about a schema. Everything is in the order of its names: the same metadata gives the same guid. */
export interface Metadata {
  /** Tags by the path of what they are put on. */
  tags?: Record<string, string[]>;
  properties?: Record<string, string>;
  /** Names of the properties that are secret. */
  sensitive?: string[];
}

const versionProperty = 'confluent:version';

/** @throws RegistryError 400 */
export function readMetadata(json: Json | undefined, where = 'metadata'): Metadata | undefined {
  const object = objectAt(json, where);
  if (object === undefined) return undefined;
  const metadata: Metadata = {};
  const tags = objectAt(object['tags'], `${where}.tags`);
  if (tags !== undefined && Object.keys(tags).length > 0) {
    metadata.tags = Object.create(null);
    for (const path of Object.keys(tags).sort()) {
      metadata.tags![path] = namesAt(tags[path], `${where}.tags.${path}`) ?? [];
    }
  }
  const properties = textsAt(object['properties'], `${where}.properties`);
  if (properties !== undefined && Object.keys(properties).length > 0) metadata.properties = properties;
  const sensitive = namesAt(object['sensitive'], `${where}.sensitive`);
  if (sensitive !== undefined && sensitive.length > 0) metadata.sensitive = sensitive;
  return metadata;
}

/** What `next` says wins. */
export function mergeMetadata(earlier: Metadata | undefined, next: Metadata | undefined): Metadata | undefined {
  if (earlier === undefined || next === undefined) return next ?? earlier;
  return readMetadata({
    tags: { ...earlier.tags, ...next.tags },
    properties: { ...earlier.properties, ...next.properties },
    sensitive: [...(earlier.sensitive ?? []), ...(next.sensitive ?? [])],
  });
}

/** The version that a schema was registered for, when its metadata says so. */
export function confluentVersionOf(metadata: Metadata | undefined): string | undefined {
  return metadata?.properties?.[versionProperty];
}

export function withConfluentVersion(metadata: Metadata | undefined, version: number): Metadata {
  return mergeMetadata(metadata, { properties: { [versionProperty]: String(version) } })!;
}

export function withoutConfluentVersion(metadata: Metadata | undefined): Metadata | undefined {
  if (confluentVersionOf(metadata) === undefined) return metadata;
  const { [versionProperty]: _version, ...properties } = metadata!.properties!;
  return readMetadata({ ...metadata, properties } as Json);
}
