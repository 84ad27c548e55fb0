import { ConnectError } from '../connect-error.ts';
import { type Chunk, type Entry, RefusedChunk, type SinkStore, type Written } from '../sink-store.ts';
import type { SearchDocument } from './search-sink.ts';

interface SearchStoreOptions {
  searchUrl: string;
  sink: string;
  index: string;
  create?: Readonly<Record<string, unknown>> | undefined;
  timeoutMs?: number | undefined;
}

interface BulkItem {
  readonly status: number;
  readonly error?: { readonly type?: string; readonly reason?: string };
}

const offsetsIndex = 'headwater-offsets';
const offsetsMappings = {
  properties: {
    sink: { type: 'keyword' },
    topic: { type: 'keyword' },
    partition: { type: 'integer' },
    nextOffset: { type: 'long' },
  },
};

/** An index, and the offsets in another. */
export class SearchStore implements SinkStore<SearchDocument> {
  readonly operation: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly #options: SearchStoreOptions;
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #closing = new AbortController();
  #isPrepared = false;

  constructor(options: SearchStoreOptions) {
    this.#options = options;
    const url = new URL(options.searchUrl);
    this.#headers = { 'x-opaque-id': options.sink };
    if (url.username !== '') {
      const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
      this.#headers['authorization'] = `Basic ${Buffer.from(login).toString('base64')}`;
      url.username = '';
      url.password = '';
    }
    this.#url = url.href.replace(/\/+$/, '');
    this.operation = `index ${options.index}`;
    this.attributes = {
      'db.system.name': 'elasticsearch',
      'db.operation.name': 'create',
      'db.collection.name': options.index,
    };
  }

  attributesOf({ item, record }: Entry<SearchDocument>): Readonly<Record<string, string>> {
    return { 'db.document.id': item.id ?? `${record.topic}-${record.partition}-${record.offset}` };
  }

  async positions(topic: string, partitions: readonly number[]): Promise<Map<number, number>> {
    await this.#prepare();
    const ids = partitions.map((partition) => this.#offsetsId(topic, partition));
    const answer = await this.#ask('POST', `/${offsetsIndex}/_mget`, JSON.stringify({ ids }), 'application/json');
    const { docs } = answer.body as { docs: { found?: boolean; _source?: { nextOffset: number } }[] };
    const found = new Map<number, number>();
    docs.forEach((doc, at) => {
      if (doc.found) found.set(partitions[at]!, doc._source!.nextOffset);
    });
    return found;
  }

  async write({ entries, moves, topic }: Chunk<SearchDocument>): Promise<Written> {
    const repeats = entries.length === 0 ? 0 : await this.#writeDocuments(entries);
    const moving = [...moves];
    const lines = moving.map(([partition, { to }]) => {
      const id = JSON.stringify(this.#offsetsId(topic, partition));
      const offsets = JSON.stringify({ sink: this.#options.sink, topic, partition, nextOffset: to });
      return `{"index":{"_index":"${offsetsIndex}","_id":${id},"version":${to},"version_type":"external_gte"}}\n${offsets}\n`;
    });
    const fenced: number[] = [];
    for (const [at, { error, status }] of (await this.#bulk('/_bulk', lines.join(''))).entries()) {
      // Another instance is further: what it wrote are these documents, too.
      if (status === 409) fenced.push(moving[at]![0]);
      else if (status >= 300) throw new Error(`the offsets were not taken: ${error?.reason ?? `status ${status}`}`);
    }
    return { fenced, repeats };
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }

  /** Returns how many were there already. */
  async #writeDocuments(entries: readonly Entry<SearchDocument>[]): Promise<number> {
    const path = `/${encodeURIComponent(this.#options.index)}/_bulk`;
    const items = await this.#bulk(path, entries.map(lineOf).join(''));
    let repeats = 0;
    let busy = 0;
    let refusal: string | undefined;
    for (const { error, status } of items) {
      // What was to be deleted is not there.
      const isGone = status === 404 && error === undefined;
      if (status < 300 || isGone) continue;
      if (status === 409) repeats += 1;
      else if (status === 429 || status >= 500) busy += 1;
      else refusal ??= `${error?.type ?? `status ${status}`}: ${error?.reason ?? ''}`;
    }
    if (busy > 0) throw new Error(`the query store is too busy for ${busy} of ${entries.length} documents`);
    if (refusal !== undefined) throw new RefusedChunk(refusal);
    return repeats;
  }

  async #bulk(path: string, lines: string): Promise<readonly BulkItem[]> {
    const { body } = await this.#ask('POST', path, lines);
    const { errors, items } = body as { errors: boolean; items: Record<string, BulkItem>[] };
    return errors ? items.map((item) => Object.values(item)[0]!) : [];
  }

  #offsetsId(topic: string, partition: number): string {
    return `${this.#options.sink}:${topic}:${partition}`;
  }

  async #prepare(): Promise<void> {
    if (this.#isPrepared) return;
    await this.#ensure(this.#options.index, this.#options.create ?? {});
    await this.#ensure(offsetsIndex, { mappings: offsetsMappings });
    this.#isPrepared = true;
  }

  async #ensure(index: string, body: object): Promise<void> {
    const path = `/${encodeURIComponent(index)}`;
    const { status } = await this.#ask('HEAD', path, undefined, undefined, [200, 404]);
    if (status === 200) return;
    const made = await this.#ask('PUT', path, JSON.stringify(body), 'application/json', [200, 400]);
    if (made.status === 200) return;
    const { error } = made.body as { error?: { type?: string; reason?: string } };
    // Another process was faster.
    if (error?.type === 'resource_already_exists_exception') return;
    throw new ConnectError('HW_CONNECT_REFUSED', `the index ${index} was refused: ${error?.reason ?? 'status 400'}`);
  }

  async #ask(
    method: string,
    path: string,
    body?: string,
    type = 'application/x-ndjson',
    statuses: readonly number[] = [200],
  ): Promise<{ status: number; body: unknown }> {
    const { timeoutMs = 30_000 } = this.#options;
    const response = await fetch(this.#url + path, {
      method,
      headers: { ...this.#headers, ...(body !== undefined && { 'content-type': type }) },
      ...(body !== undefined && { body }),
      signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(timeoutMs)]),
    });
    const text = await response.text();
    if (response.status === 401 || response.status === 403)
      throw new ConnectError(
        'HW_CONNECT_REFUSED',
        `the query store refuses the login of ${this.#options.sink}: status ${response.status}`,
      );
    if (!statuses.includes(response.status))
      throw new Error(`${method} ${path}: status ${response.status} ${text.slice(0, 300)}`);
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  }
}

function lineOf({ item, record }: Entry<SearchDocument>): string {
  const _id = item.id ?? `${record.topic}-${record.partition}-${record.offset}`;
  const { json, version } = item;
  const external = version === undefined ? {} : { version, version_type: 'external_gte' };
  if (json === null) return `${JSON.stringify({ delete: { _id, ...external } })}\n`;
  const action = version === undefined ? { create: { _id } } : { index: { _id, ...external } };
  return `${JSON.stringify(action)}\n${json}\n`;
}
