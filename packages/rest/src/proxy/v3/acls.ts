import {
  ACL_OPERATIONS,
  ACL_PATTERN_TYPES,
  ACL_PERMISSIONS,
  ACL_RESOURCE_TYPES,
  type AclBinding,
  type AclFilter,
  type KafkaClient,
} from '@headwater/client';
import type { HttpContext } from '@headwater/http';
import type { JsonObject } from '@headwater/serdes';
import { asObject, checkFields, listField, readObject, required, textField } from '../fields.ts';
import { notFound, refused, unprocessable } from '../proxy-error.ts';
import { byText, type Cluster, oneOf, requireCluster, resource, resourceList, send } from './resources.ts';

const fieldNames = [
  'resource_type',
  'resource_name',
  'pattern_type',
  'principal',
  'host',
  'operation',
  'permission',
] as const;

/** `GET …/acls?resource_type=…`: what is left out is any. */
export async function searchAcls(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const filter = filterOf(ctx, 'any');
  const cluster = await requireCluster(ctx, client);
  const found = await client.describeAcls(filter, { signal: ctx.signal });
  const self = addressOf(cluster, {
    ...filter,
    resourceName: filter.resourceName ?? '',
    principal: filter.principal ?? '',
    host: filter.host ?? '',
  });
  send(ctx, 200, resourceList('KafkaAcl', self, sorted(cluster, found)));
}

/** `POST …/acls`: 201 without a body. */
export async function createAcl(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const binding = bindingOf(requireBody(readObject(await ctx.body())));
  const cluster = await requireCluster(ctx, client);
  await create(ctx, client, [binding]);
  ctx.send(201, undefined, { location: addressOf(cluster, binding) });
}

/** `POST …/acls:batch` `{"data":[…]}`: 204. */
export async function createAcls(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const body = requireBody(readObject(await ctx.body()));
  checkFields(body, ['data']);
  const bindings = required(listField(body, 'data'), 'data').map((entry) => bindingOf(asObject(entry, 'an ACL')));
  await requireCluster(ctx, client);
  if (bindings.length > 0) await create(ctx, client, bindings);
  ctx.send(204);
}

/** `DELETE …/acls?resource_type=…`: 200 with what is gone. All but names must be said, if only as `any`. */
export async function deleteAcls(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const filter = filterOf(ctx, 'unknown');
  const cluster = await requireCluster(ctx, client);
  const deleted = await client.deleteAcls(filter, { signal: ctx.signal });
  send(ctx, 200, { data: sorted(cluster, deleted) });
}

function requireBody(body: JsonObject | null): JsonObject {
  if (body === null) throw unprocessable(42206, 'Payload error. Null input provided. Data is required.');
  return body;
}

async function create(ctx: HttpContext, client: KafkaClient, bindings: readonly AclBinding[]): Promise<void> {
  const outcomes = await client.createAcls(bindings, { signal: ctx.signal });
  const failed = outcomes.find((outcome) => outcome !== null);
  if (failed) throw failed;
}

function filterOf(ctx: HttpContext, otherwise: 'any' | 'unknown'): AclFilter {
  const text = (name: string) => ctx.query.get(name) || null;
  const filter = {
    resourceType: oneOf(text('resource_type') ?? otherwise, ACL_RESOURCE_TYPES, 'ResourceType', notFound),
    resourceName: text('resource_name'),
    patternType: oneOf(text('pattern_type') ?? otherwise, ACL_PATTERN_TYPES, 'PatternType', notFound),
    principal: text('principal'),
    host: text('host'),
    operation: oneOf(text('operation') ?? otherwise, ACL_OPERATIONS, 'Operation', notFound),
    permission: oneOf(text('permission') ?? otherwise, ACL_PERMISSIONS, 'Permission', notFound),
  };
  const named = Object.entries({
    resource_type: filter.resourceType,
    pattern_type: filter.patternType,
    operation: filter.operation,
    permission: filter.permission,
  });
  for (const [name, value] of named) {
    if (value === 'UNKNOWN') {
      throw refused(`${name} cannot be ${otherwise === 'unknown' ? 'unspecified or ' : ''}UNKNOWN`);
    }
  }
  return filter;
}

function bindingOf(body: JsonObject): AclBinding {
  checkFields(body, fieldNames);
  const text = (name: string) => required(textField(body, name), name);
  const binding = {
    resourceType: oneOf(text('resource_type'), ACL_RESOURCE_TYPES, 'ResourceType'),
    resourceName: text('resource_name'),
    patternType: oneOf(text('pattern_type'), ACL_PATTERN_TYPES, 'PatternType'),
    principal: text('principal'),
    host: text('host'),
    operation: oneOf(text('operation'), ACL_OPERATIONS, 'Operation'),
    permission: oneOf(text('permission'), ACL_PERMISSIONS, 'Permission'),
  };
  const { resourceType, patternType, operation, permission } = binding;
  if (resourceType === 'ANY' || resourceType === 'UNKNOWN') throw refused('resource_type cannot be ANY');
  if (patternType === 'ANY' || patternType === 'MATCH' || patternType === 'UNKNOWN') {
    throw refused(`pattern_type cannot be ${patternType}`);
  }
  if (operation === 'ANY' || operation === 'UNKNOWN') throw refused('operation cannot be ANY');
  if (permission === 'ANY' || permission === 'UNKNOWN') throw refused('permission cannot be ANY');
  return binding;
}

/** By all of their fields, in the order in which they are told; names by Kafka's own order of them. */
function sorted(cluster: Cluster, bindings: readonly AclBinding[]): object[] {
  const order = (a: AclBinding, b: AclBinding) =>
    ACL_RESOURCE_TYPES.indexOf(a.resourceType) - ACL_RESOURCE_TYPES.indexOf(b.resourceType) ||
    byText(a.resourceName, b.resourceName) ||
    ACL_PATTERN_TYPES.indexOf(a.patternType) - ACL_PATTERN_TYPES.indexOf(b.patternType) ||
    byText(a.principal, b.principal) ||
    byText(a.host, b.host) ||
    ACL_OPERATIONS.indexOf(a.operation) - ACL_OPERATIONS.indexOf(b.operation) ||
    ACL_PERMISSIONS.indexOf(a.permission) - ACL_PERMISSIONS.indexOf(b.permission);
  return [...bindings].sort(order).map((binding) =>
    resource('KafkaAcl', addressOf(cluster, binding), null, {
      cluster_id: cluster.id,
      resource_type: binding.resourceType,
      resource_name: binding.resourceName,
      pattern_type: binding.patternType,
      principal: binding.principal,
      host: binding.host,
      operation: binding.operation,
      permission: binding.permission,
    }),
  );
}

function addressOf({ id, links }: Cluster, binding: AclBinding): string {
  const query = new URLSearchParams([
    ['resource_type', binding.resourceType],
    ['resource_name', binding.resourceName],
    ['pattern_type', binding.patternType],
    ['principal', binding.principal],
    ['host', binding.host],
    ['operation', binding.operation],
    ['permission', binding.permission],
  ]);
  return `${links.url(id, 'acls')}?${query}`;
}
