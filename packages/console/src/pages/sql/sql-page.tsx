import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { readCatalog, readColumns, type SqlSource } from '../../api/sql.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { setParams, useParams } from '../../app/navigation.tsx';
import { Page, Spring } from '../../app/page.tsx';
import { usePlatform } from '../../app/platform.ts';
import { Button, Key, Select } from '../../components/controls.tsx';
import { Command, Empty } from '../../components/notice.tsx';
import { useSettled } from '../../components/numbers.tsx';
import { isHiddenTopic } from '../../flow/platform-topics.ts';
import { choiceParam } from '../../url/search-params.ts';
import { SqlCatalogList } from './sql-catalog.tsx';
import { SqlEditor } from './sql-editor.tsx';
import { SqlResults } from './sql-results.tsx';
import { placeInError, sourcesNamed, statementAt, verbOf } from './statement-at.ts';
import { useSqlRun } from './use-sql-run.ts';
import './sql-page.css';

const catalogEveryMs = 5_000;
const explained = new Set(['SELECT', 'CREATE', 'INSERT']);

/** Streaming SQL: an editor, what its statement gives as it comes, and what there is. */
export default function SqlPage(): ReactNode {
  const params = useParams();
  const text = params.get('q') ?? '';
  const from = choiceParam(params.get('from'), ['latest', 'earliest']);
  const [cursor, setCursor] = useState(0);
  const catalog = useFetch('/api/sql/ksql', readCatalog);
  const { run, start, stop } = useSqlRun();
  const platform = usePlatform();
  const sources = useMemo(() => catalog.data?.sources.map(({ name }) => name) ?? [], [catalog.data]);
  const columns = useColumns(text, sources);
  const topics = useMemo(() => [...platform.topics.keys()], [platform.topics]);
  const current = statementAt(text, cursor);
  const example = useMemo(() => exampleOf(catalog.data?.sources ?? []), [catalog.data]);

  const { reload } = catalog;
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && reload(), catalogEveryMs);
    return () => clearInterval(timer);
  }, [reload]);
  // What a statement made is seen at once.
  useEffect(() => {
    if (run?.entities) reload();
  }, [run?.entities, reload]);

  const write = (statement: string): void => {
    setParams({ q: statement });
    setCursor(statement.length);
    document.querySelector<HTMLElement>('.sql-input')?.focus();
  };
  const runNow = (statement: string): void => start(statement, { 'auto.offset.reset': from });
  const runAtCursor = (): void => {
    if (current !== null) runNow(current.text);
  };
  return (
    <Page title="SQL" isFilled>
      <div className="sql">
        <div className="sql-work">
          <SqlEditor
            value={text}
            onChange={(value) => setParams({ q: value === '' ? null : value }, { replace: true })}
            onCursor={setCursor}
            onRun={runAtCursor}
            names={{ sources, columns, topics }}
            errorAt={errorPlace(text, run)}
          />
          <div className="sql-tools">
            <Button look="primary" icon="play" disabled={current === null} onClick={runAtCursor}>
              Run
            </Button>
            <Button
              disabled={current === null || !explained.has(verbOf(current.text))}
              onClick={() => runNow(`EXPLAIN ${current!.text}`)}
            >
              Explain
            </Button>
            <Select
              aria-label="Where queries begin to read"
              value={from}
              onChange={(event) => setParams({ from: event.target.value === 'latest' ? null : event.target.value })}
            >
              <option value="latest">What comes from now on</option>
              <option value="earliest">All from the beginning</option>
            </Select>
            <Spring />
            <span className="sql-keys muted">
              <Key>Ctrl Enter</Key> runs the statement at the cursor
            </span>
          </div>
          <div className="sql-results">
            {run === null ? <Begin example={example} onWrite={write} /> : <SqlResults run={run} onStop={stop} />}
          </div>
        </div>
        <div className="sql-catalog">
          <SqlCatalogList
            catalog={catalog}
            onWrite={write}
            onRun={(statement) => {
              write(statement);
              runNow(statement.replace(/;$/, ''));
            }}
          />
        </div>
      </div>
    </Page>
  );
}

/** A statement about a stream that there is; null: there are the platform's own only. */
function exampleOf(sources: readonly SqlSource[]): string | null {
  const stream = sources.find(({ kind, topic }) => kind === 'STREAM' && !isHiddenTopic(topic));
  return stream ? `SELECT * FROM ${stream.name} EMIT CHANGES LIMIT 10;` : null;
}

function Begin({ example, onWrite }: { example: string | null; onWrite: (statement: string) => void }): ReactNode {
  if (example !== null) {
    return (
      <Empty title="Write a statement, or choose a stream at the right">
        <p>The next ten records of a stream, as they come:</p>
        <Command label="Statement">{example}</Command>
        <p>
          <Button onClick={() => onWrite(example)}>Put it into the editor</Button>
        </p>
        <p>A query with EMIT CHANGES goes on until it is stopped, or has its LIMIT.</p>
      </Empty>
    );
  }
  return (
    <Empty title="Write a statement, or choose a stream at the right">
      <p>A stream is a topic whose records have columns:</p>
      <Command label="Statement">{`CREATE STREAM rides (rider STRING KEY, km INT)
  WITH (kafka_topic='rides', value_format='JSON', partitions=1);`}</Command>
      <p>A query with EMIT CHANGES goes on until it is stopped:</p>
      <Command label="Statement">{'SELECT rider, SUM(km) FROM rides GROUP BY rider EMIT CHANGES;'}</Command>
    </Empty>
  );
}

/** Where in the editor the mistake is that the last statement's error tells of. */
function errorPlace(text: string, run: ReturnType<typeof useSqlRun>['run']): number | null {
  if (run?.error == null) return null;
  const place = placeInError(run.error.message);
  const start = text.indexOf(run.statement);
  if (place === null || start < 0) return null;
  const lines = run.statement.split('\n');
  const before = lines.slice(0, place.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
  return start + before + place.column - 1;
}

/** Columns of the sources that the text names. */
function useColumns(text: string, sources: readonly string[]): readonly string[] {
  const known = useRef(new Map<string, string[]>());
  const [columns, setColumns] = useState<readonly string[]>([]);
  const settled = useSettled(text, 300);
  useEffect(() => {
    const controller = new AbortController();
    const named = sourcesNamed(settled).filter((name) => sources.includes(name));
    const read = async (): Promise<void> => {
      for (const name of named) {
        if (!known.current.has(name)) known.current.set(name, await readColumns(name, controller.signal));
      }
      if (!controller.signal.aborted) setColumns(named.flatMap((name) => known.current.get(name) ?? []));
    };
    // Without them there is less to complete.
    read().catch(() => {});
    return () => controller.abort();
  }, [settled, sources]);
  return columns;
}
