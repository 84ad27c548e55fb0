import type { KStream, Serde, TimestampExtractor } from '@headwater/streams';
import type { DataSource } from '../../catalog/data-source.ts';
import { SqlError } from '../../sql-error.ts';
import type { SourceStep } from '../steps/source-step.ts';
import type { Step } from '../steps/step.ts';
import { CompiledOperator } from './compiled-operator.ts';
import type { Row, TableFlow } from './flow.ts';

/** How the records of a topic are rows of one of its sources. */
export interface SourceReader {
  readonly key: Serde<unknown>;
  readonly value: Serde<Row | null>;
  readonly timestamp: TimestampExtractor | null;
}

/**
 * Sources that several steps of a query read, and those that share a topic: a topic is read once. What each step needs is not known before all
 * are built, so a query with such sources is built twice: at first to find that out.
 */
export class SharedTopics {
  /** Null: it is being found out. */
  readonly #needed: ReadonlyMap<DataSource, ReadonlySet<string>> | null;
  readonly #notes = new Map<DataSource, Set<string>>();
  readonly #sourcesOf: ReadonlyMap<string, readonly DataSource[]>;
  readonly #streams = new Map<DataSource, KStream<unknown, Row | null>>();
  /** By source: two steps of a table have one store. */
  readonly tables = new Map<DataSource, TableFlow>();

  private constructor(
    sources: ReadonlyMap<string, readonly DataSource[]>,
    needed: ReadonlyMap<DataSource, ReadonlySet<string>> | null,
  ) {
    this.#sourcesOf = sources;
    this.#needed = needed;
  }

  /** Null where each topic is read by one step. */
  static of(step: Step): SharedTopics | null {
    const topics = Map.groupBy(readSteps(step), ({ source }) => source.topic);
    const shared = [...topics].filter(([, readers]) => readers.length > 1);
    if (shared.length === 0) return null;
    return new SharedTopics(
      new Map(shared.map(([topic, readers]) => [topic, [...new Set(readers.map(({ source }) => source))]])),
      null,
    );
  }

  /** For the second time, with what the first has found out. */
  again(): SharedTopics {
    return new SharedTopics(this.#sourcesOf, this.#notes);
  }

  get isNeedKnown(): boolean {
    return this.#needed !== null;
  }

  has({ topic }: DataSource): boolean {
    return this.#sourcesOf.has(topic);
  }

  /** The columns that all steps of a source need together; `names` are those of one of them. */
  neededOf(source: DataSource, names: Iterable<string>): ReadonlySet<string> {
    let all = this.#notes.get(source);
    if (all === undefined) {
      all = new Set();
      this.#notes.set(source, all);
    }
    for (const name of names) all.add(name);
    return this.#needed?.get(source) ?? all;
  }

  /**
   * The stream of a source. `read` opens a topic, `readerOf` says how a source of it reads.
   *
   * @throws SqlError where the sources of a topic take times from different columns
   */
  stream(
    source: DataSource,
    readerOf: (source: DataSource) => SourceReader,
    read: (topic: string, reader: SourceReader) => KStream<unknown, Row | null>,
  ): KStream<unknown, Row | null> {
    const known = this.#streams.get(source);
    if (known !== undefined) return known;
    const sources = this.#sourcesOf.get(source.topic)!;
    if (sources.length === 1) {
      const stream = read(source.topic, readerOf(source));
      this.#streams.set(source, stream);
      return stream;
    }
    checkTimes(sources);
    const readers = sources.map(readerOf);
    const stream = read(source.topic, together(readers));
    // Tables first: a record is a row of the table before it is joined with it.
    const order = [...sources.keys()].sort((a, b) => Number(isStream(sources[a]!)) - Number(isStream(sources[b]!)));
    for (const at of order) {
      const one = stream.through<unknown, Row | null>(
        () =>
          new CompiledOperator((key, rows, timestamp, _record, next) => {
            next.process(
              key === null ? null : (key as readonly unknown[])[at],
              rows === null ? null : (rows as readonly unknown[])[at],
              timestamp,
            );
          }),
        { key: readers[at]!.key, value: readers[at]!.value },
      );
      this.#streams.set(sources[at]!, one);
    }
    return this.#streams.get(source)!;
  }
}

/** Those whose records come through the query: not the tables that every instance has whole. */
function readSteps(step: Step): readonly SourceStep[] {
  switch (step.kind) {
    case 'source':
      return [step];
    case 'join':
      return step.globalKey === null ? [...readSteps(step.left), ...readSteps(step.right)] : readSteps(step.left);
    default:
      return readSteps(step.input);
  }
}

function isStream({ kind }: DataSource): boolean {
  return kind === 'STREAM';
}

function checkTimes(sources: readonly DataSource[]): void {
  const [first, ...others] = sources;
  const different = others.find(({ timestamp }) => JSON.stringify(timestamp) !== JSON.stringify(first!.timestamp));
  if (different === undefined) return;
  throw new SqlError(
    'HW_SQL_STATEMENT',
    `${first!.name} and ${different.name} read the same topic, ${first!.topic}, and take ROWTIME from different columns. Give both the same TIMESTAMP in their WITH clauses, or write one of them to a topic of its own: CREATE STREAM … AS SELECT * FROM ${first!.name}.`,
  );
}

/** Keys and values as several sources read them, side by side. */
function together(readers: readonly SourceReader[]): SourceReader {
  const { timestamp } = readers[0]!;
  return {
    key: sideBySide(readers.map(({ key }) => key)),
    value: sideBySide(readers.map(({ value }) => value)) as Serde<Row | null>,
    timestamp:
      timestamp === null
        ? null
        : (rows, key, recordTime, partitionTime) =>
            timestamp(
              rows === null ? null : (rows as readonly unknown[])[0],
              key === null ? null : (key as readonly unknown[])[0],
              recordTime,
              partitionTime,
            ),
  };
}

function sideBySide(serdes: readonly Serde<unknown>[]): Serde<unknown> {
  return {
    encode() {
      throw new Error('what several sources read is not written');
    },
    decode: (data, start, end, topic) => serdes.map((serde) => serde.decode(data, start, end, topic)),
    prepare(data, start, end, topic) {
      const waits = serdes.flatMap((serde) => serde.prepare?.(data, start, end, topic) ?? []);
      return waits.length === 0 ? undefined : Promise.all(waits).then(() => {});
    },
  };
}
