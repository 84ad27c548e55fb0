import { type ReactNode, useMemo } from 'react';
import type { AlertNow, AlertRule } from '../../api/alerts.ts';
import type { Fetched } from '../../api/use-fetch.ts';
import { setParams } from '../../app/navigation.tsx';
import { Empty, Failure, Loading } from '../../components/notice.tsx';
import { Age } from '../../components/numbers.tsx';
import { Badge, State } from '../../components/state.tsx';
import { type Column, Table } from '../../components/table.tsx';
import type { Health } from '../../flow/health.ts';
import { severityHealth, severityRank, stateText, valueText } from './alert-words.ts';
import { conditionText } from './rule-words.ts';
import { TeachRule } from './teach-rule.tsx';

interface Row extends AlertRule {
  value: number | string | null;
}

const columns: Column<Row>[] = [
  {
    key: 'state',
    name: 'State',
    width: '116px',
    render: (row) => <State health={ruleHealth(row)}>{ruleStateText(row)}</State>,
  },
  {
    key: 'name',
    name: 'Rule',
    width: 'minmax(170px, 0.8fr)',
    render: ({ isFromConfig, name }) => (
      <span className="alerts-rule">
        <span className="truncate">{name}</span>
        {!isFromConfig && <Badge>run time</Badge>}
      </span>
    ),
  },
  { key: 'kind', name: 'Kind', width: '92px', render: ({ kind }) => kind },
  {
    key: 'condition',
    name: 'Fires when',
    width: 'minmax(240px, 1.8fr)',
    render: ({ kind, rule }) => (
      <span className="truncate" title={conditionText(kind, rule)}>
        {conditionText(kind, rule)}
      </span>
    ),
  },
  {
    key: 'for',
    name: 'For',
    width: '64px',
    render: ({ rule }) => (rule['for'] === undefined ? <span className="muted">at once</span> : String(rule['for'])),
  },
  { key: 'severity', name: 'Severity', width: '84px', render: ({ severity }) => severity || '–' },
  {
    key: 'value',
    name: 'Value',
    width: '88px',
    align: 'right',
    render: ({ value }) => <span className="mono truncate">{valueText(value)}</span>,
  },
  {
    key: 'looked',
    name: 'Looked',
    width: '84px',
    align: 'right',
    render: ({ lastEvaluationMs }) =>
      lastEvaluationMs === null ? (
        <span className="muted">not yet</span>
      ) : (
        <Age atMs={lastEvaluationMs} suffix=" ago" />
      ),
  },
];

/** What looks for trouble: every rule, whether it finds out at all, and what it finds. */
export function RulesView({
  rules: { data, error, reload },
  alerts,
  filter,
  open,
}: {
  rules: Fetched<{ rules: AlertRule[] }>;
  alerts: readonly AlertNow[];
  filter: string;
  open: string | null;
}): ReactNode {
  const rows = useMemo(() => {
    const wanted = filter.toLowerCase();
    return (data?.rules ?? [])
      .filter((row) => `${row.name} ${row.kind} ${conditionText(row.kind, row.rule)}`.toLowerCase().includes(wanted))
      .map((row): Row => ({ ...row, value: lastValueOf(row.name, alerts) }))
      .sort((a, b) => order(a) - order(b) || severityRank(a.severity) - severityRank(b.severity));
  }, [data, alerts, filter]);
  if (error && !data) return <Failure title="The monitor did not answer" error={error} onRetry={reload} />;
  if (!data) return <Loading rows={8} />;
  return (
    <Table
      label="Rules"
      rows={rows}
      columns={columns}
      rowKey={keyOf}
      openKey={open}
      onOpen={(row) => setParams({ rule: row.name, make: null })}
      isMain
      minWidth={1080}
      rowHeight={40}
      empty={
        filter === '' ? (
          <Empty title="No rule looks for anything">
            <TeachRule />
          </Empty>
        ) : (
          <Empty title={`No rule has “${filter}” in its name, kind or condition`} />
        )
      }
    />
  );
}

const keyOf = (row: Row): string => row.name;
const order = (row: AlertRule): number => (row.firing > 0 ? 0 : row.health === 'err' ? 1 : row.pending > 0 ? 2 : 3);

export function ruleHealth({ health, severity, state }: AlertRule): Health {
  if (state === 'firing') return severityHealth(severity);
  if (health === 'err') return 'warning';
  return state === 'pending' || health === 'unknown' ? 'unknown' : 'good';
}

export function ruleStateText({ firing, health, pending, state }: AlertRule): string {
  if (state === 'firing') return `${stateText.firing}${firing > 1 ? ` ${firing}` : ''}`;
  if (health === 'err') return 'Cannot look';
  if (state === 'pending') return `${stateText.pending}${pending > 1 ? ` ${pending}` : ''}`;
  return stateText.inactive;
}

/** What was measured for the newest alert of a rule. */
export function lastValueOf(rule: string, alerts: readonly AlertNow[]): number | string | null {
  const own = alerts.filter((alert) => alert.rule === rule);
  return own.reduce<AlertNow | undefined>((a, b) => (a && a.startsMs >= b.startsMs ? a : b), undefined)?.value ?? null;
}
