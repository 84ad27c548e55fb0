import type { ReactNode } from 'react';
import type { SqlCatalog, SqlQuery, SqlSource } from '../../api/sql.ts';
import type { Fetched } from '../../api/use-fetch.ts';
import { Link } from '../../app/navigation.tsx';
import { usePlatform } from '../../app/platform.ts';
import { IconButton } from '../../components/controls.tsx';
import { Failure, Loading } from '../../components/notice.tsx';
import { Rate } from '../../components/numbers.tsx';
import { Badge, StateIcon } from '../../components/state.tsx';
import type { Health } from '../../flow/health.ts';
import { isHiddenTopic } from '../../flow/platform-topics.ts';
import { topicPath } from '../../url/route.ts';

interface SqlCatalogProps {
  catalog: Fetched<SqlCatalog>;
  /** Puts a statement into the editor. */
  onWrite(statement: string): void;
  /** Puts it there and runs it. */
  onRun(statement: string): void;
}

/** What there is: streams, tables, and the queries that run, with what they write a second. */
export function SqlCatalogList({ catalog, onWrite, onRun }: SqlCatalogProps): ReactNode {
  const { data, error, reload } = catalog;
  if (error && !data) return <Failure title="The SQL server did not answer" error={error} onRetry={reload} />;
  if (!data) return <Loading rows={6} />;
  const { queries, sources } = data;
  const of = (kind: SqlSource['kind']): SqlSource[] => sources.filter((source) => source.kind === kind);
  const isPlatforms = ({ sinkKafkaTopics: topics }: SqlQuery): boolean =>
    topics.length > 0 && topics.every(isHiddenTopic);
  const platforms = queries.filter(isPlatforms);
  const own = queries.filter((query) => !isPlatforms(query));
  const lines = (shown: readonly SqlQuery[]): ReactNode => (
    <ul>
      {shown.map((query) => (
        <QueryLine key={query.id} query={query} onWrite={onWrite} onRun={onRun} />
      ))}
    </ul>
  );
  return (
    <>
      <Sources title="Streams" sources={of('STREAM')} onRun={onRun} />
      <Sources title="Tables" sources={of('TABLE')} onRun={onRun} />
      <section aria-label="Queries">
        <h2>
          Queries <span className="muted mono">{own.length}</span>
        </h2>
        {own.length === 0 && <p className="muted">None{platforms.length > 0 && ' of yours'} runs.</p>}
        {lines(own)}
        {platforms.length > 0 && (
          <details className="sql-platform">
            <summary>
              Queries of the platform <span className="muted mono">{platforms.length}</span>
            </summary>
            {lines(platforms)}
          </details>
        )}
      </section>
    </>
  );
}

function Sources({
  title,
  sources,
  onRun,
}: {
  title: string;
  sources: SqlSource[];
  onRun(statement: string): void;
}): ReactNode {
  const platforms = sources.filter(({ topic }) => isHiddenTopic(topic));
  const own = sources.filter(({ topic }) => !isHiddenTopic(topic));
  return (
    <section aria-label={title}>
      <h2>
        {title} <span className="muted mono">{own.length}</span>
      </h2>
      {own.length === 0 && <p className="muted">There are none{platforms.length > 0 && ' of yours'}.</p>}
      <SourceLines sources={own} onRun={onRun} />
      {platforms.length > 0 && (
        <details className="sql-platform">
          <summary>
            {title} of the platform <span className="muted mono">{platforms.length}</span>
          </summary>
          <SourceLines sources={platforms} onRun={onRun} />
        </details>
      )}
    </section>
  );
}

function SourceLines({ sources, onRun }: { sources: SqlSource[]; onRun(statement: string): void }): ReactNode {
  const { topics } = usePlatform();
  return (
    <ul>
      {sources.map(({ isWindowed, name, topic, valueFormat }) => (
        <li key={name}>
          <button
            type="button"
            className="sql-name mono truncate"
            title={`Rows of ${name} as they come`}
            onClick={() => onRun(`SELECT * FROM ${quoted(name)} EMIT CHANGES;`)}
          >
            {name}
          </button>
          <Badge>{valueFormat}</Badge>
          {isWindowed && <Badge>windowed</Badge>}
          <span className="spring" />
          <Link to={topicPath(topic)} className="sql-rate" title={`Topic ${topic}`}>
            <Rate value={topics.get(topic)?.perSecond ?? 0} />
          </Link>
        </li>
      ))}
    </ul>
  );
}

function QueryLine({
  query: { id, queryString, rewind, sinkKafkaTopics, state },
  onWrite,
  onRun,
}: {
  query: SqlQuery;
  onWrite(statement: string): void;
  onRun(statement: string): void;
}): ReactNode {
  const { topics } = usePlatform();
  const perSecond = sinkKafkaTopics.reduce((sum, topic) => sum + (topics.get(topic)?.perSecond ?? 0), 0);
  return (
    <li>
      <StateIcon health={healthOf(state)} label={state} />
      <button
        type="button"
        className="sql-name mono truncate"
        title={`Explain ${id}: ${queryString}`}
        onClick={() => onRun(`EXPLAIN ${quoted(id)};`)}
      >
        {id}
      </button>
      {state !== 'RUNNING' && <Badge>{rewind ? `rewinding ${rewind.percent} %` : state.toLowerCase()}</Badge>}
      <span className="spring" />
      <Rate value={perSecond} />
      <IconButton icon="trash" name={`Write TERMINATE ${id}`} onClick={() => onWrite(`TERMINATE ${quoted(id)};`)} />
    </li>
  );
}

function healthOf(state: string): Health {
  if (state === 'ERROR' || state === 'UNRESPONSIVE') return 'bad';
  return state === 'PAUSED' ? 'unknown' : 'good';
}

/** A name as statements take it. */
export function quoted(name: string): string {
  return /^[A-Z_][A-Z0-9_]*$/.test(name) ? name : `\`${name.replaceAll('`', '``')}\``;
}
