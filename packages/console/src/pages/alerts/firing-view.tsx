import { type ReactNode, useMemo } from 'react';
import type { AlertNow, AlertsNow } from '../../api/alerts.ts';
import type { Fetched } from '../../api/use-fetch.ts';
import { Link, setParams } from '../../app/navigation.tsx';
import { Empty, Failure, Loading } from '../../components/notice.tsx';
import { Age } from '../../components/numbers.tsx';
import { Badge, State } from '../../components/state.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { plural } from '../../format/number.ts';
import { servicePath } from '../../url/route.ts';
import { alertHealth, byUrgency, stateText, summaryOf, valueText } from './alert-words.ts';
import { TeachRule } from './teach-rule.tsx';

const columns: Column<AlertNow>[] = [
  {
    key: 'state',
    name: 'State',
    width: '104px',
    render: (row) => <State health={alertHealth(row)}>{stateText[row.state]}</State>,
  },
  {
    key: 'severity',
    name: 'Severity',
    width: '84px',
    render: (row) => row.severity || <span className="muted">none</span>,
  },
  {
    key: 'rule',
    name: 'Rule',
    width: 'minmax(160px, 0.8fr)',
    render: (row) => (
      <span className="alerts-rule">
        <span className="truncate">{row.rule}</span>
        {row.silencedBy.length > 0 && <Badge>silenced</Badge>}
        {row.inhibitedBy.length > 0 && <Badge>inhibited</Badge>}
      </span>
    ),
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
    name: 'What it says',
    width: 'minmax(220px, 1.8fr)',
    render: (row) => (
      <span className="truncate" title={summaryOf(row)}>
        {summaryOf(row)}
      </span>
    ),
  },
  {
    key: 'value',
    name: 'Value',
    width: '96px',
    align: 'right',
    render: ({ value }) => <span className="mono truncate">{valueText(value)}</span>,
  },
  { key: 'since', name: 'For', width: '72px', align: 'right', render: ({ startsMs }) => <Age atMs={startsMs} /> },
];

/** What needs somebody now; those that are about to (pending) stand behind. */
export function FiringView({
  alerts: { data, error, reload },
  ruleCount,
  filter,
  open,
}: {
  alerts: Fetched<AlertsNow>;
  ruleCount: number | null;
  filter: string;
  open: string | null;
}): ReactNode {
  const rows = useMemo(() => {
    const wanted = filter.toLowerCase();
    return (data?.alerts ?? [])
      .filter(
        (row) =>
          row.state !== 'resolved' &&
          `${row.rule} ${row.severity} ${row.state} ${summaryOf(row)} ${Object.values(row.labels).join(' ')}`
            .toLowerCase()
            .includes(wanted),
      )
      .sort(byUrgency);
  }, [data, filter]);
  if (error && !data) return <Failure title="The monitor did not answer" error={error} onRetry={reload} />;
  if (!data) return <Loading rows={8} />;
  return (
    <Table
      label="Alerts now"
      rows={rows}
      columns={columns}
      rowKey={keyOf}
      openKey={open}
      onOpen={(row) => setParams({ alert: row.fingerprint, silence: null, of: null })}
      isMain
      minWidth={980}
      rowHeight={40}
      empty={
        filter !== '' ? (
          <Empty title={`No alert has “${filter}” in its rule, labels or summary`} />
        ) : (
          <Empty title={data.isReady ? 'Nothing fires' : 'Alerts are being read from their topic'}>
            {ruleCount !== null && ruleCount > 0 && (
              <p>
                {plural(ruleCount, 'rule')} {ruleCount === 1 ? 'looks' : 'look'} for what may go wrong:{' '}
                <Link to="/ui/alerts?view=rules">see the rules</Link>.
              </p>
            )}
            <TeachRule />
          </Empty>
        )
      }
    />
  );
}

const keyOf = (row: AlertNow): string => row.fingerprint;
