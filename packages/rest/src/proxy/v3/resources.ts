import type { KafkaClient, Metadata, TopicMetadata } from '@headwater/client';
import type { HttpContext } from '@headwater/http';
import { Links, resourceName } from '../links.ts';
import { badRequest, notFound, ProxyError } from '../proxy-error.ts';

/** What the v3 calls work with. */
export interface Cluster {
  id: string;
  metadata: Metadata;
  links: Links;
}

/** A resource as v3 answers have it: `{kind, metadata: {self, resource_name}, …}`. */
export function resource(kind: string, self: string, crn: readonly (string | number)[] | null, fields: object): object {
  return { kind, metadata: { self, resource_name: crn === null ? null : resourceName('kafka', ...crn) }, ...fields };
}

/** A list of resources; `kind` is that of one. */
export function resourceList(kind: string, self: string, data: readonly object[]): object {
  return { kind: `${kind}List`, metadata: { self, next: null }, data };
}

export function send(ctx: HttpContext, status: number, value: object, headers: Record<string, string> = {}): void {
  ctx.send(status, JSON.stringify(value), { 'content-type': 'application/json', ...headers });
}

/**
 * The cluster that the path names, with the metadata of topics (null: all of them).
 *
 * @throws ProxyError 404 when the path names another cluster
 */
export async function requireCluster(
  ctx: HttpContext,
  client: KafkaClient,
  topics: readonly string[] | null = [],
): Promise<Cluster> {
  const metadata = await client.metadata(topics, { signal: ctx.signal });
  const id = ctx.params['cluster']!;
  if (metadata.clusterId !== id) throw notFound(`Cluster ${id} cannot be found.`);
  return { id, metadata, links: new Links(ctx) };
}

/** The cluster and the topic that the path names. @throws ProxyError 404 */
export async function requireTopic(
  ctx: HttpContext,
  client: KafkaClient,
): Promise<{ cluster: Cluster; topic: TopicMetadata }> {
  const name = ctx.params['topic']!;
  const cluster = await requireCluster(ctx, client, [name]);
  return { cluster, topic: topicOf(cluster.metadata, name) };
}

export function topicOf(metadata: Metadata, name: string): TopicMetadata {
  const topic = metadata.topics.find((one) => one.name === name);
  if (topic !== undefined && topic.errorCode === 0) return topic;
  throw new ProxyError(404, 40403, 'This server does not host this topic-partition.');
}

/** A number of the path. @throws ProxyError 404, as for a resource that does not exist */
export function numberParameter(ctx: HttpContext, name: string): number {
  const text = ctx.params[name]!;
  if (!/^-?\d{1,10}$/.test(text)) throw notFound();
  return Number(text);
}

/** One of Kafka's names in a query or a body, in whatever case. */
export function oneOf<T extends string>(
  text: string,
  names: readonly T[],
  what: string,
  fail: (message: string) => ProxyError = badRequest,
): T {
  const found = names.find((name) => name === text.toUpperCase());
  if (found !== undefined) return found;
  throw fail(`The valid values for ${what} do not include '${text.slice(0, 60)}': use ${names.join(', ')}`);
}

/** The order of Java's strings, which answers are sorted by. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
