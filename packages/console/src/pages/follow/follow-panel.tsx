import type { ReactNode } from 'react';
import type { CorrelatedRecord, Correlation } from '../../api/correlation.ts';
import type { RecordData } from '../../api/types.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { Link, setParams } from '../../app/navigation.tsx';
import { IconButton } from '../../components/controls.tsx';
import { Icon } from '../../components/icons.tsx';
import { Failure, Loading } from '../../components/notice.tsx';
import { Time } from '../../components/numbers.tsx';
import { Fact, Facts, Panel, PanelSection } from '../../components/panel.tsx';
import { State, StateIcon } from '../../components/state.tsx';
import { copyText } from '../../components/toasts.tsx';
import { formatMicros } from '../../format/micros.ts';
import { formatExact, plural } from '../../format/number.ts';
import { logLevels } from '../../logs/log-line.ts';
import { clauseOf } from '../../logs/log-query.ts';
import { cutText, visibleText } from '../../logs/safe-text.ts';
import { correlatePath, type FollowSubject, followName, followParam } from '../../url/follow.ts';
import { logsPath, pathOf, topicPath, tracePath } from '../../url/route.ts';
import { withParams } from '../../url/search-params.ts';
import { LevelIcon } from '../logs/level-icon.tsx';
import './follow-panel.css';

/** All that belongs to one record, wherever one stands: what it came of, what came of it, and how complete that is. */
export default function FollowPanel({ subject }: { subject: FollowSubject }): ReactNode {
  const path = correlatePath(subject);
  const { data, error, isLoading, reload } = useFetch<Correlation>(path);
  return (
    <Panel
      label={`Follow ${followName(subject)}`}
      title="Follow"
      subtitle={<span className="mono">{followName(subject)}</span>}
      onClose={() => setParams({ follow: null })}
      tools={
        <>
          <IconButton icon="refresh" name="Look again" disabled={isLoading} onClick={reload} />
          <IconButton
            icon="copy"
            name="Copy as curl"
            onClick={() => void copyText(`curl '${location.origin}${path}'`, 'Command')}
          />
        </>
      }
    >
      {error && !data ? (
        <Failure title="It could not be followed" error={error} onRetry={reload} />
      ) : !data ? (
        <Loading rows={6} label="Looking through the platform" />
      ) : (
        <Found found={data} subject={subject} />
      )}
    </Panel>
  );
}

function Found({ found, subject }: { found: Correlation; subject: FollowSubject }): ReactNode {
  const { ids, upstream, record, documents } = found;
  const { downstream, gone, rows } = wayOf(found);
  return (
    <>
      <p role="status">
        {found.isComplete ? (
          <State health="good">All that was searched is complete</State>
        ) : (
          <State health="warning">Not all could be searched: there may be more</State>
        )}
      </p>
      <PanelSection title="Its way">
        <ol className="follow-way">
          {upstream.map((other) => (
            <RecordStep key={stepKey(other)} record={other} note="before" />
          ))}
          {record && <RecordStep key={stepKey(record)} record={record} note="this one" isSubject />}
          {downstream.map((other) => (
            <RecordStep key={stepKey(other)} record={other} note={record ? 'after' : ''} />
          ))}
          {gone.map(({ topic, records }) => (
            <li key={topic}>
              <Icon name="topics" size={14} />
              <Link className="link truncate" to={topicPath(topic)} title={topic}>
                {topic}
              </Link>
              <span className="muted">{plural(records, 'record')}, gone from the log</span>
            </li>
          ))}
          {documents.map(({ index, id }) => (
            <li key={`${index}/${id}`} className={isDocument(subject, index, id) ? 'follow-subject' : ''}>
              <Icon name="index" size={14} />
              <Link
                className="link truncate"
                to={`${pathOf({ page: 'search' })}?index=${encodeURIComponent(index)}&doc=${encodeURIComponent(id)}`}
              >
                {index} <span className="mono">{visibleText(id)}</span>
              </Link>
              <span className="muted">document</span>
            </li>
          ))}
          {rows.map((row) => (
            <RowStep
              key={`${row.database} ${row.table} ${row.topic} ${row.partition}:${row.offset} ${row.key?.text}`}
              row={row}
              subject={subject}
            />
          ))}
        </ol>
        {!record && upstream.length + downstream.length + documents.length + rows.length === 0 && (
          <p className="muted">No record, document or row was found.</p>
        )}
      </PanelSection>
      <TraceSection found={found} />
      <LinesSection found={found} />
      <Facts>
        <Fact name="Trace id">
          <span className="mono">{ids.traceId ?? 'none'}</span>
        </Fact>
        <Fact name="Correlation id">
          <span className="mono">{ids.correlationId === null ? 'none' : visibleText(ids.correlationId)}</span>
        </Fact>
      </Facts>
      <PanelSection title={`What was searched, in ${formatExact(Math.round(found.tookMs))} ms`}>
        <ul className="follow-searched">
          {found.searched.map(({ what, where, found: count, isComplete, scannedRecords, problem }) => (
            <li key={`${what} ${where}`}>
              <StateIcon
                health={isComplete ? 'good' : 'warning'}
                size={10}
                label={isComplete ? 'Complete' : 'Not complete'}
              />
              <span>
                {what} <span className="muted">{visibleText(cutText(where, 160).text)}</span>
                {problem !== undefined && <span className="follow-problem">{visibleText(problem)}</span>}
              </span>
              <span className="mono muted">
                {formatExact(count)}
                {scannedRecords !== undefined && ` of ${formatExact(scannedRecords)}`}
              </span>
            </li>
          ))}
        </ul>
      </PanelSection>
    </>
  );
}

/**
 * What came of it as a way that can be read: what spans tell of first, as it comes before what was found beside it and may have the
 * same time; those that are gone counted by topic; and nothing twice. A
 * row that is in no table of SQL is the record itself; one that is in a table says more than its record.
 */
function wayOf({ downstream, rows }: Correlation): {
  downstream: CorrelatedRecord[];
  gone: { topic: string; records: number }[];
  rows: Correlation['rows'];
} {
  const inTable = new Set(rows.filter(({ database, table }) => database === null && table !== null).map(stepKey));
  const shown = downstream.filter((record) => !record.isGone && !inTable.has(stepKey(record)));
  const records = new Set(shown.map(stepKey));
  const gone = new Map<string, number>();
  for (const { isGone, topic } of downstream) if (isGone) gone.set(topic, (gone.get(topic) ?? 0) + 1);
  return {
    downstream: shown.sort(
      (a, b) => Number(b.foundBy === 'trace') - Number(a.foundBy === 'trace') || a.timestamp - b.timestamp,
    ),
    gone: [...gone].map(([topic, count]) => ({ topic, records: count })),
    rows: rows.filter((row) => row.database !== null || !records.has(stepKey(row))),
  };
}

const stepKey = ({ topic, partition, offset }: { topic: string; partition: number; offset: number }): string =>
  `${topic} ${partition}:${offset}`;

/** A row of a SQL table is a record of its topic; one that a sink wrote stands in a database, and is followed by its id. */
function RowStep({ row, subject }: { row: Correlation['rows'][number]; subject: FollowSubject }): ReactNode {
  const { database, key, offset, partition, table, topic, value } = row;
  const id = key?.text;
  const isStored = database !== null && table !== null && id !== undefined;
  const isSubject = isStored && subject.kind === 'row' && subject.key.toLowerCase() === id;
  const to = isStored
    ? `${location.pathname}${withParams(location.search, { follow: followParam({ kind: 'row', table, key: id }) })}`
    : `${topicPath(topic)}?record=${partition}:${offset}`;
  return (
    <li className={isSubject ? 'follow-subject' : ''} aria-current={isSubject || undefined}>
      <Icon name={isStored ? 'table' : 'sql'} size={14} />
      <Link className="link truncate" to={to}>
        {table ?? topic} <span className="mono">{shortData(key)}</span>
      </Link>
      <span className="muted">{isStored ? `row in ${database}` : 'row'}</span>
      <span className="mono follow-value truncate">{shortData(value)}</span>
    </li>
  );
}

const isDocument = (subject: FollowSubject, index: string, id: string): boolean =>
  subject.kind === 'document' && subject.index === index && subject.id === id;

function RecordStep({
  record,
  note,
  isSubject,
}: {
  record: CorrelatedRecord;
  note: string;
  isSubject?: boolean;
}): ReactNode {
  const { topic, partition, offset } = record;
  return (
    <li className={isSubject ? 'follow-subject' : ''} aria-current={isSubject || undefined}>
      <Icon name="topics" size={14} />
      <Link
        className="link truncate"
        to={`${topicPath(topic)}?record=${partition}:${offset}&follow=${encodeURIComponent(followParam({ kind: 'record', topic, partition, offset }))}`}
      >
        {topic} <span className="mono">{`${partition}:${offset}`}</span>
      </Link>
      <span className="muted">{record.isGone ? 'gone from the log' : note}</span>
      <span className="mono follow-value truncate">
        {record.isGone ? '' : `${shortData(record.key)} ${shortData(record.value)}`}
      </span>
    </li>
  );
}

function TraceSection({ found: { trace, ids } }: { found: Correlation }): ReactNode {
  if (!trace?.exists) {
    return (
      <PanelSection title="Trace">
        <p className="muted">
          {ids.traceId === null
            ? 'It carries no trace id.'
            : ids.isSampled === false
              ? 'Its trace was not chosen to be recorded: only its id goes along.'
              : 'The store has no span of its trace: they have not come yet, or were let go for newer ones.'}
        </p>
      </PanelSection>
    );
  }
  return (
    <PanelSection title="Trace">
      <p>
        <Link className="link" to={tracePath(trace.id)}>
          {plural(trace.spans, 'span')} of {trace.services.join(', ')}
        </Link>
        {trace.durationMs !== null && <span className="mono muted"> {formatMicros(trace.durationMs * 1000)}</span>}
      </p>
    </PanelSection>
  );
}

function LinesSection({ found: { logs, ids } }: { found: Correlation }): ReactNode {
  const query = [
    ...(ids.traceId === null ? [] : [clauseOf('traceId', ids.traceId)]),
    ...(ids.correlationId === null ? [] : [clauseOf('correlationId', ids.correlationId)]),
  ].join(' OR ');
  if (!logs || logs.count === 0) {
    return (
      <PanelSection title="Log lines">
        <p className="muted">No line carries its ids.</p>
      </PanelSection>
    );
  }
  return (
    <PanelSection title={plural(logs.count, 'log line')}>
      <ol className="follow-lines">
        {logs.lines.slice(0, 8).map((line, index) => {
          const level = logLevels.find((known) => known === line.level) ?? 'INFO';
          return (
            <li key={index}>
              <LevelIcon level={level} size={9} />
              <Time atMs={typeof line.timestamp === 'number' ? line.timestamp : Date.parse(String(line.timestamp))} />
              <span className="truncate">
                <span className="visually-hidden">{level} </span>
                <span className="muted">{visibleText(String(line.service ?? ''))}</span>{' '}
                <span className="mono">{visibleText(cutText(String(line.message ?? ''), 200).text)}</span>
              </span>
            </li>
          );
        })}
      </ol>
      {query !== '' && (
        <Link className="link" to={logsPath(query)}>
          {logs.count > 8 ? `All ${formatExact(logs.count)} lines` : 'Show them in Logs'}
        </Link>
      )}
    </PanelSection>
  );
}

function shortData(data: RecordData | null): string {
  if (data === null) return '';
  return visibleText(cutText(data.text ?? `${data.sizeBytes} bytes`, 120).text);
}
