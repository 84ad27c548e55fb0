import { type ReactNode, useEffect, useState } from 'react';
import { type AlertChange, alertHistoryPath } from '../../api/alerts.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { Link } from '../../app/navigation.tsx';
import { Empty, Failure, Loading } from '../../components/notice.tsx';
import { Time } from '../../components/numbers.tsx';
import { State } from '../../components/state.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { formatDuration } from '../../format/time.ts';
import { servicePath } from '../../url/route.ts';
import { alertHealth, stateText, summaryOf, valueText } from './alert-words.ts';
import { TeachRule } from './teach-rule.tsx';

const weekMs = 7 * 86_400_000;
const limit = 500;

const columns: Column<AlertChange>[] = [
  { key: 'at', name: 'When', width: '190px', render: ({ timestampMs }) => <Time atMs={timestampMs} /> },
  {
    key: 'state',
    name: 'Became',
    width: '112px',
    render: (row) => <State health={alertHealth(row)}>{stateText[row.state]}</State>,
  },
  { key: 'severity', name: 'Severity', width: '84px', render: ({ severity }) => severity || '–' },
  {
    key: 'rule',
    name: 'Rule',
    width: 'minmax(150px, 0.8fr)',
    render: ({ rule }) => <span className="truncate alerts-strong">{rule}</span>,
  },
  {
    key: 'service',
    name: 'Service',
    width: 'minmax(120px, 0.6fr)',
    render: ({ labels: { service } }) =>
      service === undefined ? <span className="muted">–</span> : <Link to={servicePath(service)}>{service}</Link>,
  },
  {
    key: 'summary',
    name: 'What it said',
    width: 'minmax(220px, 1.6fr)',
    render: (row) => (
      <span className="truncate" title={summaryOf(row)}>
        {summaryOf(row)}
      </span>
    ),
  },
  {
    key: 'value',
    name: 'Value',
    width: '88px',
    align: 'right',
    render: ({ value }) => <span className="mono truncate">{valueText(value)}</span>,
  },
  {
    key: 'lasted',
    name: 'Lasted',
    width: '100px',
    align: 'right',
    render: ({ endsMs, startsMs, state }) =>
      state === 'resolved' && endsMs !== null ? (
        <span className="mono">{formatDuration(endsMs - startsMs)}</span>
      ) : (
        <span className="muted">–</span>
      ),
  },
];

/** Every change of an alert in the last week, from the topic; asked again with each change. */
export function HistoryView({ filter, ring }: { filter: string; ring: unknown }): ReactNode {
  const [sinceMs] = useState(() => Date.now() - weekMs);
  const { data, error, reload } = useFetch<{ alerts: AlertChange[] }>(alertHistoryPath(sinceMs, limit));
  useEffect(reload, [reload, ring]);
  if (error && !data) return <Failure title="The monitor did not answer" error={error} onRetry={reload} />;
  if (!data) return <Loading rows={8} />;
  const wanted = filter.toLowerCase();
  const rows = data.alerts.filter((row) =>
    `${row.rule} ${row.state} ${row.severity} ${summaryOf(row)} ${Object.values(row.labels).join(' ')}`
      .toLowerCase()
      .includes(wanted),
  );
  return (
    <>
      <Table
        label="What happened to alerts"
        rows={rows}
        columns={columns}
        rowKey={keyOf}
        isMain
        minWidth={1080}
        rowHeight={36}
        empty={
          filter === '' ? (
            <Empty title="No alert has fired in 7 days">
              <TeachRule />
            </Empty>
          ) : (
            <Empty title={`Nothing in 7 days has “${filter}” in its rule, labels or summary`} />
          )
        }
      />
      {data.alerts.length === limit && (
        <p className="alerts-note muted">The newest {limit} changes; all are records of the topic headwater-alerts.</p>
      )}
    </>
  );
}

const keyOf = (row: AlertChange): string => `${row.timestampMs}-${row.fingerprint}-${row.state}`;
