import type { ConfigChange, ConfigEntry, ConfigResource, KafkaClient } from '@headwater/client';
import type { HttpContext } from '@headwater/http';
import type { JsonValue } from '@headwater/serdes';
import { asObject, booleanField, checkFields, listField, readObject, required, textField } from '../fields.ts';
import { badRequest, notFound, ProxyError, recordError, unprocessable } from '../proxy-error.ts';
import {
  byText,
  type Cluster,
  numberParameter,
  oneOf,
  requireCluster,
  requireTopic,
  resource,
  resourceList,
  send,
} from './resources.ts';

/** Whose settings the path is about. */
interface Owner {
  cluster: Cluster;
  resource: ConfigResource;
  kind: string;
  /** The path of the settings below the cluster. */
  path: readonly (string | number)[];
  crn: (name: string) => (string | number)[];
  fields: object;
  /** False where only what was set can be listed, so that a name cannot be checked. */
  isComplete: boolean;
}

type FindOwner = (ctx: HttpContext, client: KafkaClient) => Promise<Owner>;

export const ofTopic: FindOwner = async (ctx, client) => {
  const { cluster, topic } = await requireTopic(ctx, client);
  return topicOwner(cluster, topic.name);
};

function topicOwner(cluster: Cluster, name: string): Owner {
  return {
    cluster,
    resource: { type: 'topic', name },
    kind: 'KafkaTopicConfig',
    path: ['topics', name, 'configs'],
    crn: (config) => [cluster.id, 'topic', name, 'config', config],
    fields: { topic_name: name },
    isComplete: true,
  };
}

export const ofBroker: FindOwner = async (ctx, client) => {
  const cluster = await requireCluster(ctx, client);
  const broker = numberParameter(ctx, 'broker');
  if (!cluster.metadata.brokers.some(({ id }) => id === broker)) throw notFound(`Broker ${broker} cannot be found.`);
  return brokerOwner(cluster, broker);
};

function brokerOwner(cluster: Cluster, broker: number): Owner {
  return {
    cluster,
    resource: { type: 'broker', name: String(broker) },
    kind: 'KafkaBrokerConfig',
    path: ['brokers', broker, 'configs'],
    crn: (config) => [cluster.id, 'broker', broker, 'config', config],
    fields: { broker_id: broker },
    isComplete: true,
  };
}

/** The settings of all brokers (KIP-226): only those that were set can be listed. */
export const ofAllBrokers: FindOwner = async (ctx, client) => {
  const cluster = await requireCluster(ctx, client);
  return {
    cluster,
    resource: { type: 'broker', name: '' },
    kind: 'KafkaClusterConfig',
    path: ['broker-configs'],
    crn: (config) => [cluster.id, 'broker-config', config],
    fields: { config_type: 'BROKER' },
    isComplete: false,
  };
};

/** `GET …/configs`. */
export async function listConfigs(ctx: HttpContext, client: KafkaClient, find: FindOwner): Promise<void> {
  const owner = await find(ctx, client);
  const [entries] = await read(ctx, client, [owner]);
  const { id, links } = owner.cluster;
  const data = entries!.map((entry) => configData(owner, entry));
  send(ctx, 200, resourceList(owner.kind, links.url(id, ...owner.path), data));
}

/** `GET …/topics/-/configs` and `GET …/brokers/-/configs`: of all. */
export async function listAllConfigs(ctx: HttpContext, client: KafkaClient, of: 'topics' | 'brokers'): Promise<void> {
  const cluster = await requireCluster(ctx, client, of === 'topics' ? null : []);
  const owners =
    of === 'topics'
      ? [...cluster.metadata.topics].sort((a, b) => byText(a.name, b.name)).map(({ name }) => topicOwner(cluster, name))
      : cluster.metadata.brokers.map((broker) => brokerOwner(cluster, broker.id));
  const all = owners.length === 0 ? [] : await read(ctx, client, owners);
  const data = owners.flatMap((owner, index) => all[index]!.map((entry) => configData(owner, entry)));
  const kind = of === 'topics' ? 'KafkaTopicConfig' : 'KafkaBrokerConfig';
  send(ctx, 200, resourceList(kind, cluster.links.url(cluster.id, of, '-', 'configs'), data));
}

/** `GET …/configs/{name}`. */
export async function getConfig(ctx: HttpContext, client: KafkaClient, find: FindOwner): Promise<void> {
  const owner = await find(ctx, client);
  const [entries] = await read(ctx, client, [owner]);
  const found = entries!.find(({ name }) => name === ctx.params['name']);
  if (found === undefined) throw notFound();
  send(ctx, 200, configData(owner, found));
}

/** `PUT …/configs/{name}` `{"value":"…"}`. */
export async function updateConfig(ctx: HttpContext, client: KafkaClient, find: FindOwner): Promise<void> {
  const body = readObject(await ctx.body());
  if (body === null) throw unprocessable(42206, 'Payload error. Null input provided. Data is required.');
  checkFields(body, ['value']);
  const name = ctx.params['name']!;
  const value = textField(body, 'value');
  if (value === undefined) throw noValue(name);
  await alter(ctx, client, await find(ctx, client), [{ name, value }], false);
  ctx.send(204);
}

/** `DELETE …/configs/{name}`: back to what it is without being set. */
export async function resetConfig(ctx: HttpContext, client: KafkaClient, find: FindOwner): Promise<void> {
  const owner = { ...(await find(ctx, client)), isComplete: true };
  await alter(ctx, client, owner, [{ name: ctx.params['name']!, value: null }], false);
  ctx.send(204);
}

/** `POST …/configs:alter`: all of the changes, or none. */
export async function alterConfigs(ctx: HttpContext, client: KafkaClient, find: FindOwner): Promise<void> {
  const body = await readAlteration(ctx);
  const changes = required(listField(body, 'data'), 'data').map(readChange);
  await alter(ctx, client, await find(ctx, client), changes, booleanField(body, 'validate_only') === true);
  ctx.send(204);
}

/** `POST …/topics/-/configs:alter`: 204, or 207 with the topics that could not be changed. */
export async function alterConfigsOfTopics(ctx: HttpContext, client: KafkaClient): Promise<void> {
  const body = await readAlteration(ctx);
  const wanted = required(listField(body, 'data'), 'data').map((entry) => {
    const one = asObject(entry, 'an entry of "data"');
    checkFields(one, ['topic_name', 'configs']);
    const topic = required(textField(one, 'topic_name'), 'topicName');
    return { topic, changes: required(listField(one, 'configs'), 'configs').map(readChange) };
  });
  const cluster = await requireCluster(ctx, client);
  const owners = wanted.map(({ topic }) => topicOwner(cluster, topic));
  const entries = await read(ctx, client, owners);
  for (const [index, { changes }] of wanted.entries()) checkNames(owners[index]!, entries[index]!, changes);
  const results = await client.alterConfigs(
    wanted.map(({ changes }, index) => ({ resource: owners[index]!.resource, changes })),
    { validateOnly: booleanField(body, 'validate_only') === true, signal: ctx.signal },
  );
  const failures = results.flatMap(({ resource: { name }, error }) =>
    error === null ? [] : [{ topic_name: name, ...recordError(error) }],
  );
  if (failures.length === 0) ctx.send(204);
  else send(ctx, 207, { failures });
}

async function readAlteration(ctx: HttpContext) {
  const body = readObject(await ctx.body());
  if (body === null) throw unprocessable(42206, 'Payload error. Null input provided. Data is required.');
  checkFields(body, ['data', 'validate_only']);
  return body;
}

function readChange(entry: JsonValue): ConfigChange {
  const one = asObject(entry, 'a config');
  checkFields(one, ['name', 'value', 'operation']);
  const name = required(textField(one, 'name'), 'name');
  const operation = oneOf(textField(one, 'operation') ?? 'SET', ['SET', 'DELETE'], 'operation');
  if (operation === 'DELETE') return { name, value: null };
  const value = textField(one, 'value');
  if (value === undefined) throw noValue(name);
  return { name, value };
}

function noValue(name: string): ProxyError {
  return new ProxyError(400, 40002, `Null value not supported for : ${name}: give a value, or delete it`);
}

async function alter(
  ctx: HttpContext,
  client: KafkaClient,
  owner: Owner,
  changes: readonly ConfigChange[],
  validateOnly: boolean,
): Promise<void> {
  if (changes.length === 0) throw badRequest('"data" has no changes');
  if (owner.isComplete) {
    const [entries] = await read(ctx, client, [owner]);
    checkNames(owner, entries!, changes);
  }
  const [result] = await client.alterConfigs([{ resource: owner.resource, changes }], {
    validateOnly,
    signal: ctx.signal,
  });
  if (result!.error !== null) throw result!.error;
}

function checkNames(owner: Owner, entries: readonly ConfigEntry[], changes: readonly ConfigChange[]): void {
  for (const { name } of changes) {
    if (entries.some((entry) => entry.name === name)) continue;
    const { type, name: whose } = owner.resource;
    throw notFound(`Config ${name} cannot be found for ${type.toUpperCase()} ${whose} in cluster ${owner.cluster.id}.`);
  }
}

/** The settings of each, by name. */
async function read(ctx: HttpContext, client: KafkaClient, owners: readonly Owner[]): Promise<ConfigEntry[][]> {
  const results = await client.describeConfigs(
    owners.map((owner) => owner.resource),
    { includeSynonyms: true, signal: ctx.signal },
  );
  return owners.map((owner) => {
    const result = results.find(
      ({ resource: one }) => one.type === owner.resource.type && one.name === owner.resource.name,
    );
    if (result === undefined) return [];
    if (result.error !== null) throw result.error;
    return result.configs.sort((a, b) => byText(a.name, b.name));
  });
}

function configData(owner: Owner, entry: ConfigEntry): object {
  const { id, links } = owner.cluster;
  return resource(owner.kind, links.url(id, ...owner.path, entry.name), owner.crn(entry.name), {
    cluster_id: id,
    ...owner.fields,
    name: entry.name,
    value: entry.value,
    is_read_only: entry.isReadOnly,
    is_sensitive: entry.isSensitive,
    source: sourceName(entry.source),
    synonyms: entry.synonyms.map(({ name, value, source }) => ({ name, value, source: sourceName(source) })),
    is_default: entry.isDefault,
  });
}

/** Java's admin client has one name of its own. */
function sourceName(source: string): string {
  return source === 'GROUP_CONFIG' ? 'DYNAMIC_GROUP_CONFIG' : source;
}
