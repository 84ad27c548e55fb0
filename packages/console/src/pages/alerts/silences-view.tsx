import { type ReactNode, useMemo, useState } from 'react';
import { type AlertNow, type Silence, silencePath } from '../../api/alerts.ts';
import type { Fetched } from '../../api/use-fetch.ts';
import { Link, setParams } from '../../app/navigation.tsx';
import { Button } from '../../components/controls.tsx';
import { Command, Empty, Failure, Loading } from '../../components/notice.tsx';
import { Time } from '../../components/numbers.tsx';
import { Fact, Facts, Panel, PanelSection } from '../../components/panel.tsx';
import { State } from '../../components/state.tsx';
import { type Column, Table } from '../../components/table.tsx';
import type { Health } from '../../flow/health.ts';
import { plural } from '../../format/number.ts';
import { matcherText, matchesAll, summaryOf } from './alert-words.ts';
import { EndDialog } from './end-dialog.tsx';

interface Row extends Silence {
  alerts: number;
}

const stateNames = { active: 'Active', pending: 'Not yet', expired: 'Ended' } as const;
// A silence is neither good nor bad: open rings, and the words say which.
const stateHealth: Record<keyof typeof stateNames, Health> = {
  active: 'warning',
  pending: 'unknown',
  expired: 'unknown',
};

const columns: Column<Row>[] = [
  {
    key: 'state',
    name: 'State',
    width: '104px',
    render: ({ status: { state } }) => <State health={stateHealth[state]}>{stateNames[state]}</State>,
  },
  {
    key: 'matchers',
    name: 'Keeps quiet about',
    width: 'minmax(220px, 1.4fr)',
    render: ({ matchers }) => {
      const text = matchers.map(matcherText).join(' ');
      return (
        <span className="mono truncate" title={text}>
          {text}
        </span>
      );
    },
  },
  {
    key: 'alerts',
    name: 'Alerts now',
    width: '96px',
    align: 'right',
    render: ({ alerts }) => <span className="mono">{alerts}</span>,
  },
  {
    key: 'comment',
    name: 'Why',
    width: 'minmax(160px, 1fr)',
    render: ({ comment }) => <span className="truncate">{comment || '–'}</span>,
  },
  {
    key: 'by',
    name: 'By',
    width: '120px',
    render: ({ createdBy }) => <span className="truncate">{createdBy || '–'}</span>,
  },
  { key: 'ends', name: 'Until', width: '190px', render: ({ endsAt }) => <Time atMs={Date.parse(endsAt)} /> },
];

const affected = (silence: Silence, alerts: readonly AlertNow[]): AlertNow[] =>
  alerts.filter((alert) => alert.state !== 'resolved' && matchesAll(silence.matchers, alert.labels));

/** What nobody is told of, why, and until when. */
export function SilencesView({
  silences: { data, error, reload },
  alerts,
  filter,
  open,
}: {
  silences: Fetched<Silence[]>;
  alerts: readonly AlertNow[];
  filter: string;
  open: string | null;
}): ReactNode {
  const rows = useMemo(() => {
    const wanted = filter.toLowerCase();
    return (data ?? [])
      .filter((row) =>
        `${row.matchers.map(matcherText).join(' ')} ${row.comment} ${row.createdBy}`.toLowerCase().includes(wanted),
      )
      .map((row): Row => ({ ...row, alerts: row.status.state === 'active' ? affected(row, alerts).length : 0 }));
  }, [data, alerts, filter]);
  if (error && !data) return <Failure title="The monitor did not answer" error={error} onRetry={reload} />;
  if (!data) return <Loading rows={8} />;
  return (
    <>
      <div className="alerts-bar">
        <span className="muted">A silence hides nothing: alerts go on here, only nobody is told.</span>
        <Button icon="plus" onClick={() => setParams({ silence: 'new', of: null })}>
          Silence
        </Button>
      </div>
      <Table
        label="Silences"
        rows={rows}
        columns={columns}
        rowKey={keyOf}
        openKey={open}
        onOpen={(row) => setParams({ silence: row.id })}
        isMain
        minWidth={960}
        rowHeight={40}
        empty={
          filter === '' ? (
            <Empty title="Nothing is silenced">
              <p>Open an alert and choose Silence, or, in a terminal with Alertmanager’s own tool:</p>
              <Command>
                {"amtool --alertmanager.url=http://127.0.0.1:9093 silence add service=orders -a ada -c 'upgrade' -d 1h"}
              </Command>
            </Empty>
          ) : (
            <Empty title={`No silence has “${filter}” in its matchers, comment or author`} />
          )
        }
      />
    </>
  );
}

const keyOf = (row: Row): string => row.id;
const close = (): void => setParams({ silence: null });

export function SilencePanel({
  silence,
  alerts,
  onChanged,
}: {
  silence: Silence | undefined;
  alerts: readonly AlertNow[];
  onChanged: () => void;
}): ReactNode {
  const [isExpiring, setExpiring] = useState(false);
  if (silence === undefined)
    return (
      <Panel label="Silence" title="Silence" onClose={close}>
        <Empty title="There is no such silence">
          <p>Silences are kept for 5 days after their end.</p>
        </Empty>
      </Panel>
    );
  const found = affected(silence, alerts);
  const { state } = silence.status;
  const loud = found.filter(
    ({ silencedBy, state: of }) => of === 'firing' && silencedBy.every((id) => id === silence.id),
  );
  return (
    <Panel
      label="Silence"
      title={silence.comment || 'Silence'}
      subtitle={silence.createdBy && `by ${silence.createdBy}`}
      onClose={close}
      footer={state !== 'expired' && <Button onClick={() => setExpiring(true)}>End it now</Button>}
    >
      <PanelSection title="Keeps quiet about">
        {silence.matchers.map((matcher) => (
          <p key={matcherText(matcher)} className="mono">
            {matcherText(matcher)}
          </p>
        ))}
      </PanelSection>
      <Facts>
        <Fact name="State">
          <State health={stateHealth[state]}>{stateNames[state]}</State>
        </Fact>
        <Fact name="From">
          <Time atMs={Date.parse(silence.startsAt)} />
        </Fact>
        <Fact name="Until">
          <Time atMs={Date.parse(silence.endsAt)} />
        </Fact>
        <Fact name="Id">
          <span className="mono">{silence.id}</span>
        </Fact>
      </Facts>
      <PanelSection title="Alerts now">
        {found.length === 0 && <p className="muted">None.</p>}
        <ul className="alerts-list">
          {found.map((alert) => (
            <li key={alert.fingerprint}>
              <Link to={`/ui/alerts?alert=${alert.fingerprint}`}>{alert.rule}</Link>
              <span className="muted">{summaryOf(alert)}</span>
            </li>
          ))}
        </ul>
      </PanelSection>
      {isExpiring && (
        <EndDialog
          title="End this silence now?"
          consequence={
            loud.length === 0
              ? 'No alert that fires now is kept quiet by it alone: nobody is told anything new. Alerts that fire later are told again.'
              : `${plural(loud.length, 'alert')} that ${loud.length === 1 ? 'fires' : 'fire'} now ${loud.length === 1 ? 'is' : 'are'} told to ${receiversOf(loud)} within seconds.`
          }
          verb="End the silence"
          done="The silence has ended"
          path={silencePath(silence.id)}
          onClose={() => setExpiring(false)}
          onDone={onChanged}
        />
      )}
    </Panel>
  );
}

function receiversOf(alerts: readonly AlertNow[]): string {
  const names = [...new Set(alerts.flatMap(({ receivers }) => receivers))];
  return names.length === 0 ? 'the receivers' : names.join(', ');
}
