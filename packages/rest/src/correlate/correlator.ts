import type { KafkaClient, TopicMetadata } from '@headwater/client';
import { HttpError } from '@headwater/http';
import type { RecordView } from '@headwater/protocol';
import type { Catalog } from '../catalog.ts';
import { recordJson } from '../record-json.ts';
import type { RecordSchemas } from '../schemas/record-schemas.ts';
import type { CorrelatedRecord, Correlation, Ids, Searched } from './correlation.ts';
import { documentById, documentsOf, logsOf } from './find-documents.ts';
import { newestOfKey, type Place, placeKey, readRecord, recordsWithIds } from './find-records.ts';
import { type FoundSpan, placeOfSpan, spansByTags, spansOfTrace, tagsOfPlace, traceOf } from './find-spans.ts';
import {
  databaseNames,
  type OpenRowDatabase,
  openRowDatabase,
  type RowDatabase,
  rowsOfPlaces,
  type StoredRow,
  storedRow,
} from './find-stored-rows.ts';
import { sqlTables } from './find-tables.ts';
import { isInternal, type Relation, relationOf } from './relations.ts';
import { isRowId, type PlaceRange, placeOfRowId } from './row-id.ts';
import type { CorrelateQuery } from './subject.ts';

/** Where the other parts are; asked for at each call, as they may start later. What is missing is not looked at, and the answer says so. */
export interface CorrelateUrls {
  zipkinUrl?: string | undefined;
  searchUrl?: string | undefined;
  sqlUrl?: string | undefined;
  /** PostgreSQL, where sinks keep rows: `postgres://…/NAME`. */
  postgresUrl?: string | undefined;
  /** Names of the databases there that may be asked now. Default: all that PostgreSQL says it has. */
  databases?: (() => readonly string[]) | undefined;
}

export interface CorrelatorOptions {
  readonly client: KafkaClient;
  readonly catalog: Catalog;
  readonly schemas: RecordSchemas | null;
  readonly urls: () => CorrelateUrls;
  /** Another one in tests. */
  readonly openDatabase?: OpenRowDatabase | undefined;
}

const partTimeoutMs = 2_000;
const scanMs = 3_000;
const scanRecordsMax = 300_000;
const keyScanRecordsMax = 500_000;
const foundMax = 200;
const topicsMax = 100;
const spanPlacesMax = 50;
const documentPlacesMax = 60;
const databasesMax = 8;
/** Of a row's id, to find its record: about half a second. */
const rowIdTriesMax = 300_000;
/** Around the time that a row says, where its record is looked for first. */
const rowTimeMs = 60_000;

/** Finds what belongs to a record, trace, correlation id, document or row. Only reads; each look is bounded and says whether it was all. */
export class Correlator {
  readonly #options: CorrelatorOptions;

  constructor(options: CorrelatorOptions) {
    this.#options = options;
  }

  /** @throws HttpError 404 for a topic that is not there */
  async correlate(query: CorrelateQuery, signal: AbortSignal): Promise<Correlation> {
    return await new Search(this.#options, query, signal).run();
  }
}

/** One look at one subject. */
class Search {
  readonly #options: CorrelatorOptions;
  readonly #query: CorrelateQuery;
  readonly #signal: AbortSignal;
  readonly #urls: CorrelateUrls;
  readonly #startMs = performance.now();
  readonly #searched: Searched[] = [];
  readonly #ids: Ids = { traceId: null, correlationId: null, isSampled: null };
  #spans: FoundSpan[] = [];
  #tables: Promise<{ name: string; topic: string }[]> | undefined;
  #databases: Promise<Map<string, string>> | undefined;

  constructor(options: CorrelatorOptions, query: CorrelateQuery, signal: AbortSignal) {
    this.#options = options;
    this.#query = query;
    this.#signal = signal;
    this.#urls = options.urls();
  }

  async run(): Promise<Correlation> {
    const { subject } = this.#query;
    const documents: Correlation['documents'] = [];
    let record: CorrelatedRecord | null = null;
    if (subject.kind === 'trace') this.#ids.traceId = subject.traceId;
    if (subject.kind === 'correlation') this.#ids.correlationId = subject.correlationId;
    if (subject.kind === 'record') record = await this.#recordAt(subject, 'place');
    const rows: Correlation['rows'] = [];
    if (subject.kind === 'row') {
      const stored = isRowId(subject.key) ? await this.#storedRow(subject.table, subject.key) : undefined;
      if (stored === undefined) record = await this.#recordOfRow(subject.table, subject.key);
      else {
        rows.push(stored.row);
        record = stored.place === undefined ? null : await this.#recordAt(stored.place, 'place');
      }
    }
    if (subject.kind === 'document') {
      const found = await this.#document(subject.index, subject.id);
      if (found !== undefined) documents.push(found);
      record = await this.#recordOfDocument(subject.index, subject.id, found?.record ?? null);
    }
    if (record !== null) this.#takeIds(record);
    await this.#findSpans(record);

    const logs = await this.#logs(record);
    const time = record?.timestamp ?? this.#traceStartMs() ?? timeOf(logs?.lines[0]?.timestamp) ?? this.#query.aroundMs;
    const scanned = await this.#scanned(time);
    if (this.#spans.length === 0 && this.#query.subject.kind === 'correlation' && scanned[0] !== undefined) {
      this.#takeIds(scanned[0]);
      await this.#findSpans(null);
    }
    const records = await this.#withSpanned(record, scanned);
    const { downstream, related, upstream } = this.#related(record, records);
    documents.push(...(await this.#documents([...(record === null ? [] : [record]), ...upstream, ...downstream])));
    const ofPath = [...(record === null ? [] : [record]), ...downstream];
    rows.push(...(await this.#rows(ofPath)), ...(await this.#storedRows(ofPath)));
    const { traceId } = this.#ids;
    return {
      subject,
      ids: this.#ids,
      record,
      trace: traceId === null ? null : traceOf(traceId, this.#spans),
      logs,
      upstream,
      downstream,
      related,
      documents: distinct(documents, ({ id, index }) => `${index}/${id}`),
      rows: distinct(rows, ({ database, key, offset, partition, table, topic }) =>
        database === null ? `${topic}/${partition}/${offset}` : `${database} ${table} ${key?.text}`,
      ),
      searched: this.#searched,
      isComplete: this.#searched.every(({ isComplete }) => isComplete),
      tookMs: since(this.#startMs),
    };
  }

  // --- where it begins ---------------------------------------------------------------------------------------------------

  async #recordAt(place: Place, foundBy: CorrelatedRecord['foundBy']): Promise<CorrelatedRecord> {
    const topic = await this.#topic(place.topic);
    if (topic === undefined || !topic.partitions.some(({ partition }) => partition === place.partition)) {
      throw new HttpError(404, 'HW_REST_UNKNOWN_TOPIC', `there is no ${place.topic}/${place.partition}`, { ...place });
    }
    return await this.#look(
      'record',
      placeKey(place),
      async () => {
        const record = await readRecord(this.#options.client, place, this.#signal);
        if (record !== undefined) return { result: await this.#shown(place, record, foundBy), found: 1 };
        return {
          result: goneRecord(place, foundBy),
          found: 0,
          problem: 'the log has no record at this offset (any more)',
        };
      },
      goneRecord(place, foundBy),
    );
  }

  async #recordOfRow(table: string, key: string): Promise<CorrelatedRecord | null> {
    const tables = await this.#sqlTables();
    const topicName = tables.find(({ name }) => name.toUpperCase() === table.toUpperCase())?.topic ?? table;
    const topic = await this.#topic(topicName);
    if (topic === undefined) {
      const message = `there is no SQL table and no topic ${table}: give one of them as table`;
      throw new HttpError(404, 'HW_REST_UNKNOWN_TOPIC', message, { table });
    }
    return await this.#look(
      'record',
      `the newest of the key in ${topicName}`,
      async () => {
        const bounds = { recordsMax: keyScanRecordsMax, foundMax: 1, untilMs: Date.now() + scanMs };
        const scan = await newestOfKey(this.#options.client, namedTopic(topic), key, bounds, this.#signal);
        const [found] = scan.found;
        const result = found === undefined ? null : await this.#shown(found, found.record, 'key');
        return { result, ...scan, found: scan.found.length };
      },
      null,
    );
  }

  async #document(index: string, id: string) {
    const { searchUrl } = this.#urls;
    return await this.#look(
      'documents',
      `${index}/_doc/${id}`,
      async () => {
        if (searchUrl === undefined) return missing(undefined, 'the query store');
        const found = await documentById(this.#asking(searchUrl), index, id);
        return found === undefined
          ? { result: undefined, found: 0, problem: 'the query store has no such document' }
          : { result: found.document, found: 1 };
      },
      undefined,
    );
  }

  /** By what the document says of its record, else by the span that made it. */
  async #recordOfDocument(index: string, id: string, place: Place | null): Promise<CorrelatedRecord | null> {
    if (place !== null && (await this.#topic(place.topic)) !== undefined) return await this.#recordAt(place, 'place');
    const { zipkinUrl } = this.#urls;
    if (zipkinUrl === undefined) return null;
    const made = await this.#look(
      'trace',
      `the span of document ${id}`,
      async () => {
        const spans = await spansByTags(this.#asking(zipkinUrl), { 'db.collection.name': index, 'db.document.id': id });
        return { result: spans, found: spans.length };
      },
      [],
    );
    const own = made.find(({ tags }) => tags?.['db.document.id'] === id && tags['db.collection.name'] === index);
    if (own === undefined) return null;
    this.#ids.traceId = own.traceId.padStart(32, '0');
    this.#spans = made;
    for (let at: FoundSpan | undefined = own, hops = 0; at !== undefined && hops < 20; hops++) {
      const where = placeOfSpan(at);
      if (where !== null && (await this.#topic(where.topic)) !== undefined) return await this.#recordAt(where, 'trace');
      const parentId: string | undefined = at.parentId;
      at = made.find((span) => span.id === parentId);
    }
    return null;
  }

  // --- what goes with it -------------------------------------------------------------------------------------------------

  async #findSpans(record: CorrelatedRecord | null): Promise<void> {
    const { zipkinUrl } = this.#urls;
    const { traceId } = this.#ids;
    if (traceId === null && record === null) return;
    this.#spans = await this.#look(
      'trace',
      traceId ?? 'spans with the place of the record',
      async () => {
        if (zipkinUrl === undefined) return missing([], 'the trace store');
        const asking = this.#asking(zipkinUrl);
        const spans =
          traceId !== null ? await spansOfTrace(asking, traceId) : await spansByTags(asking, tagsOfPlace(record!));
        return { result: spans, found: spans.length };
      },
      this.#spans,
    );
    this.#ids.traceId ??= this.#spans[0]?.traceId.padStart(32, '0') ?? null;
    if (this.#spans.length > 0) this.#ids.isSampled = true;
  }

  async #logs(record: CorrelatedRecord | null): Promise<Correlation['logs']> {
    const { correlationId, traceId } = this.#ids;
    if (traceId === null && correlationId === null && record === null) return null;
    const { searchUrl } = this.#urls;
    return await this.#look(
      'logs',
      'headwater-logs*',
      async () => {
        if (searchUrl === undefined) return missing(null, 'the query store');
        const logs = await logsOf(this.#asking(searchUrl), this.#ids, record);
        return logs === undefined
          ? { result: null, found: 0, problem: 'the query store has no index of logs' }
          : { result: logs, found: logs.count };
      },
      null,
    );
  }

  /** Records of the same ids, by a look through the topics around that time. */
  async #scanned(timeMs: number | null): Promise<CorrelatedRecord[]> {
    const { correlationId, traceId } = this.#ids;
    if (traceId === null && correlationId === null) return [];
    const topics = await this.#candidates();
    const around = timeMs ?? Date.now();
    const { windowMs } = this.#query;
    const window = { fromMs: around - windowMs, toMs: around + windowMs };
    const from = new Date(Math.max(0, window.fromMs)).toISOString();
    return await this.#look(
      'records',
      `${topics.list.length} topics, ${from} and ${2 * windowMs} ms on`,
      async () => {
        const bounds = { recordsMax: scanRecordsMax, foundMax, untilMs: Date.now() + scanMs };
        const scan = await recordsWithIds(this.#options.client, topics.list, this.#ids, window, bounds, this.#signal);
        const shown = await Promise.all(scan.found.map((each) => this.#shown(each, each.record, 'headers')));
        const problem =
          scan.problem ??
          (topics.left > 0 ? `${topics.left} further topics were not looked at` : undefined) ??
          (timeMs === null ? 'nothing says when it was: give aroundMs' : undefined);
        return { result: shown, ...scan, found: shown.length, ...(problem !== undefined && { problem }) };
      },
      [],
    );
  }

  /** With those that spans name. */
  async #withSpanned(
    record: CorrelatedRecord | null,
    records: readonly CorrelatedRecord[],
  ): Promise<CorrelatedRecord[]> {
    const known = new Map(records.map((each) => [placeKey(each), each]));
    const places = distinct(
      this.#spans.flatMap((span) => placeOfSpan(span) ?? []),
      placeKey,
    );
    for (const place of places.slice(0, spanPlacesMax)) {
      const found = known.get(placeKey(place));
      if (found !== undefined) {
        found.foundBy = 'trace';
        continue;
      }
      if (record !== null && placeKey(place) === placeKey(record)) continue;
      const view = await readRecord(this.#options.client, place, this.#signal).catch(() => undefined);
      known.set(
        placeKey(place),
        view === undefined ? goneRecord(place, 'trace') : await this.#shown(place, view, 'trace'),
      );
    }
    if (record !== null) known.delete(placeKey(record));
    return [...known.values()];
  }

  #related(record: CorrelatedRecord | null, records: readonly CorrelatedRecord[]) {
    const inTime = (a: CorrelatedRecord, b: CorrelatedRecord): number =>
      a.timestamp - b.timestamp ||
      Number(isInternal(a.topic)) - Number(isInternal(b.topic)) ||
      compare(a.topic, b.topic);
    if (record === null) return { upstream: [], downstream: [...records].sort(inTime), related: [] };
    const counts = new Map<string, number>();
    for (const { topic } of [record, ...records]) counts.set(topic, (counts.get(topic) ?? 0) + 1);
    const found: Record<Relation, CorrelatedRecord[]> = { upstream: [], downstream: [], related: [] };
    for (const other of [...records].sort(inTime)) found[relationOf(other, record, this.#spans, counts)].push(other);
    return found;
  }

  async #documents(records: readonly CorrelatedRecord[]): Promise<Correlation['documents']> {
    const bySpan = this.#spans.flatMap(({ tags }): Correlation['documents'] => {
      const [index, id] = [tags?.['db.collection.name'], tags?.['db.document.id']];
      return index === undefined || id === undefined ? [] : [{ index, id, foundBy: 'trace', record: null }];
    });
    const places = records.filter(({ topic }) => !isInternal(topic)).slice(0, documentPlacesMax);
    if (places.length === 0) return bySpan;
    const { searchUrl } = this.#urls;
    const byRecord = await this.#look(
      'documents',
      'all indices, by record.topic, partition and offset',
      async () => {
        if (searchUrl === undefined) return missing([], 'the query store');
        const { documents, isComplete } = await documentsOf(this.#asking(searchUrl), places);
        return { result: documents, found: documents.length, isComplete };
      },
      [],
    );
    return [...byRecord, ...bySpan];
  }

  /** Those of the records that are rows: of SQL tables, and of compacted topics. */
  async #rows(records: readonly CorrelatedRecord[]): Promise<Correlation['rows']> {
    const wanted = records.filter(({ isGone, key, topic }) => key !== null && isGone !== true && !isInternal(topic));
    if (wanted.length === 0) return [];
    return await this.#look(
      'rows',
      'SQL tables and compacted topics',
      async () => {
        const tables = new Map((await this.#sqlTables()).map(({ name, topic }) => [topic, name]));
        const names = [...new Set(wanted.map(({ topic }) => topic))].slice(0, topicsMax);
        const described = await this.#options.client.describeConfigs(
          names.map((name) => ({ type: 'topic' as const, name })),
          { signal: this.#signal },
        );
        const isCompacted = new Map(
          described.map(({ configs }, at) => [
            names[at]!,
            configs.some(({ name, value }) => name === 'cleanup.policy' && (value ?? '').includes('compact')),
          ]),
        );
        const rows = wanted
          .filter(({ topic }) => tables.has(topic) || isCompacted.get(topic) === true)
          .map(({ key, offset, partition, topic, value }) => ({
            table: tables.get(topic) ?? null,
            database: null,
            ...{ topic, partition, offset, key, value },
          }));
        return { result: rows, found: rows.length };
      },
      [],
    );
  }

  /** Rows that sinks wrote for these records, in databases that run. */
  async #storedRows(records: readonly CorrelatedRecord[]): Promise<Correlation['rows']> {
    const places = records.filter(({ topic }) => !isInternal(topic)).slice(0, foundMax);
    if (places.length === 0) return [];
    return await this.#inDatabases(
      'rows',
      'rows of the records',
      [] as Correlation['rows'],
      async (database, name, found) => {
        for (const { place, row } of await rowsOfPlaces(database, name, places)) {
          const { offset, partition, topic } = place;
          found.push({ ...{ topic, partition, offset }, ...shownRow(row) });
        }
        return found;
      },
    );
  }

  /** A row that a sink wrote, and the place of its record. Undefined: no database that runs has it. */
  async #storedRow(
    table: string,
    id: string,
  ): Promise<{ row: Correlation['rows'][number]; place: Place | undefined } | undefined> {
    const found = await this.#inDatabases(
      'rows',
      `${table} ${id}`,
      undefined as Awaited<ReturnType<typeof storedRow>>,
      async (database, name, before) => before ?? (await storedRow(database, name, table, id)),
    );
    if (found === undefined) return undefined;
    const place = await this.#look(
      'record',
      'the place whose row has this id',
      async () => {
        const ranges = found.offsets.map(({ nextOffset, partition, topic }) => ({
          ...{ topic, partition, from: 0, to: nextOffset },
        }));
        const near = await this.#near(ranges, timesOf(found.row.json));
        const options = { signal: this.#signal, triesMax: rowIdTriesMax };
        const first = await placeOfRowId(id, near, options);
        const all = first.place === undefined ? await placeOfRowId(id, ranges, options) : first;
        const problem = 'its record was not found among the newest that its sink has read';
        return {
          result: all.place,
          found: all.place === undefined ? 0 : 1,
          scannedRecords: first.tries + (all === first ? 0 : all.tries),
          ...(all.place === undefined && { problem }),
        };
      },
      undefined,
    );
    const { offset, partition, topic } = place ?? { topic: '', partition: -1, offset: -1 };
    return { row: { ...{ topic, partition, offset }, ...shownRow(found.row) }, place };
  }

  /** The parts of the ranges that were written around one of the times. */
  async #near(ranges: readonly PlaceRange[], timesMs: readonly number[]): Promise<PlaceRange[]> {
    const near: PlaceRange[] = [];
    const ask = async (timeMs: number) =>
      await this.#options.client.listOffsetsOf(
        ranges.reduce<Record<string, Record<number, number>>>((all, { partition, topic }) => {
          (all[topic] ??= {})[partition] = Math.max(0, timeMs);
          return all;
        }, {}),
        { signal: this.#signal },
      );
    for (const timeMs of timesMs) {
      const [starts, ends] = await Promise.all([ask(timeMs - rowTimeMs), ask(timeMs + rowTimeMs)]);
      for (const { partition, to, topic } of ranges) {
        const start = starts[topic]?.[partition]?.offset ?? -1;
        const end = ends[topic]?.[partition]?.offset ?? -1;
        if (start >= 0) near.push({ topic, partition, from: start, to: Math.min(to, end < 0 ? to : end) });
      }
    }
    return near;
  }

  #databaseUrls(): Promise<Map<string, string>> {
    this.#databases ??= (async () => {
      const { databases, postgresUrl } = this.#urls;
      const { openDatabase = openRowDatabase } = this.#options;
      if (postgresUrl === undefined) return new Map();
      // One that is away is told of as often as it is asked for rows.
      const given = new URL(postgresUrl).pathname.slice(1);
      const names =
        databases?.() ?? (await databaseNames(openDatabase, postgresUrl, partTimeoutMs).catch(() => [given]));
      return new Map(names.slice(0, databasesMax).map((name) => [name, urlOfDatabase(postgresUrl, name)]));
    })();
    return this.#databases;
  }

  /** One look into each database that runs, with a connection of its own that is closed afterwards. */
  async #inDatabases<R>(
    what: Searched['what'],
    where: string,
    first: R,
    look: (database: RowDatabase, name: string, before: R) => Promise<R>,
  ): Promise<R> {
    const { openDatabase = openRowDatabase } = this.#options;
    let result = first;
    for (const [name, url] of await this.#databaseUrls()) {
      result = await this.#look(
        what,
        `${where} in database ${name}`,
        async () => {
          const database = await openDatabase(url, partTimeoutMs);
          try {
            const next = await look(database, name, result);
            return { result: next, found: Array.isArray(next) ? next.length : next === undefined ? 0 : 1 };
          } finally {
            await database.close().catch(() => {});
          }
        },
        result,
      );
    }
    return result;
  }

  // --- tools -------------------------------------------------------------------------------------------------------------

  #takeIds({ headers }: CorrelatedRecord): void {
    const text = (name: string): string | undefined => headers.find(({ key }) => key === name)?.value?.text;
    const trace = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})/.exec(text('traceparent') ?? '');
    if (trace !== null) {
      this.#ids.traceId = trace[1]!;
      this.#ids.isSampled = (Number.parseInt(trace[2]!, 16) & 1) === 1;
    }
    this.#ids.correlationId ??= text('x-correlation-id') ?? text('correlation-id') ?? null;
  }

  #traceStartMs(): number | undefined {
    return this.#spans.length === 0 ? undefined : (traceOf('', this.#spans).startMs ?? undefined);
  }

  async #topic(name: string): Promise<TopicMetadata | undefined> {
    const { topics } = await this.#options.catalog.metadata();
    return topics.find((topic) => topic.name === name);
  }

  /** Topics that may hold records of the path: neither Kafka's own, nor changelogs, nor what the platform tells of itself. */
  async #candidates(): Promise<{ list: { name: string; partitions: number[] }[]; left: number }> {
    const { topics } = await this.#options.catalog.metadata();
    const all = topics.filter(
      ({ isInternal: isKafkas, name }) =>
        !isKafkas &&
        !/^_|-changelog$/.test(name) &&
        !/^headwater-(spans|logs|metrics|access-log|process-state)$/.test(name),
    );
    return { list: all.slice(0, topicsMax).map(namedTopic), left: Math.max(0, all.length - topicsMax) };
  }

  #sqlTables(): Promise<{ name: string; topic: string }[]> {
    const { sqlUrl } = this.#urls;
    if (sqlUrl === undefined) return Promise.resolve([]);
    // A SQL server that is away is told of where rows are looked for; topics can be asked for by their own name.
    this.#tables ??= sqlTables(this.#asking(sqlUrl)).catch(() => []);
    return this.#tables;
  }

  #asking(url: string) {
    return { url, signal: this.#signal, timeoutMs: partTimeoutMs };
  }

  async #shown(
    { offset: _offset, partition, topic }: Place,
    record: RecordView,
    foundBy: CorrelatedRecord['foundBy'],
  ): Promise<CorrelatedRecord> {
    const { schemas } = this.#options;
    await schemas?.prepare([record]);
    const { timestampType: _type, ...shown } = JSON.parse(
      recordJson(record, { topic, partition, timestampType: 'CreateTime' }, 'text', schemas),
    ) as CorrelatedRecord & { timestampType: unknown };
    return { ...shown, foundBy };
  }

  /** Does one look, and keeps what came of it. What fails is told, and the rest goes on; an abort is thrown. */
  async #look<R>(
    what: Searched['what'],
    where: string,
    work: () => Promise<{
      result: R;
      found: number;
      isComplete?: boolean;
      problem?: string;
      scannedRecords?: number;
    }>,
    otherwise: R,
  ): Promise<R> {
    const startMs = performance.now();
    try {
      const { found, isComplete = true, problem, result, scannedRecords } = await work();
      this.#searched.push({
        ...{ what, where, found },
        isComplete: isComplete && problem === undefined,
        ...(scannedRecords !== undefined && { scannedRecords }),
        ...(problem !== undefined && { problem }),
        tookMs: since(startMs),
      });
      return result;
    } catch (error) {
      this.#signal.throwIfAborted();
      const problem = (error as Error).message;
      this.#searched.push({ what, where, found: 0, isComplete: false, problem, tookMs: since(startMs) });
      return otherwise;
    }
  }
}

function missing<R>(result: R, part: string): { result: R; found: number; problem: string } {
  return { result, found: 0, problem: `${part} is not there: its address is not known` };
}

function goneRecord(place: Place, foundBy: CorrelatedRecord['foundBy']): CorrelatedRecord {
  const { offset, partition, topic } = place;
  return { topic, partition, offset, timestamp: -1, key: null, value: null, headers: [], foundBy, isGone: true };
}

function namedTopic({ name, partitions }: TopicMetadata): { name: string; partitions: number[] } {
  return { name, partitions: partitions.map(({ partition }) => partition) };
}

function urlOfDatabase(postgresUrl: string, name: string): string {
  const url = new URL(postgresUrl);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.href;
}

function shownRow({ database, id, json, table }: StoredRow) {
  const text = (value: string) => ({ text: value, sizeBytes: Buffer.byteLength(value), truncated: false });
  return { database, table, key: text(id), value: text(json) };
}

/** Times that a row says: what of its columns is text in ISO's form. */
function timesOf(json: string): number[] {
  const values = Object.values(JSON.parse(json) as Record<string, unknown>);
  return values.flatMap((value) =>
    typeof value === 'string' && /^\d{4}-\d\d-\d\d[T ]\d\d:/.test(value) ? (timeOf(value) ?? []) : [],
  );
}

function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

function distinct<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const first = new Map<string, T>();
  for (const item of items) if (!first.has(keyOf(item))) first.set(keyOf(item), item);
  return [...first.values()];
}

function since(startMs: number): number {
  return Math.round(performance.now() - startMs);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
