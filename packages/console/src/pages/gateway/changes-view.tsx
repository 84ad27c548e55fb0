import type { ReactNode } from 'react';
import type { GatewayChange } from '../../api/gateway.ts';
import { Empty } from '../../components/notice.tsx';
import { Time } from '../../components/numbers.tsx';
import { State } from '../../components/state.tsx';
import { type Column, Table } from '../../components/table.tsx';
import type { Health } from '../../flow/health.ts';
import { matches } from './matches.ts';

const health: Record<string, Health> = {
  OPEN: 'bad',
  FORCED_OPEN: 'bad',
  ejected: 'bad',
  refused: 'bad',
  stale: 'warning',
  HALF_OPEN: 'warning',
  removed: 'unknown',
};

const columns: Column<GatewayChange>[] = [
  { key: 'time', name: 'Time', width: '130px', render: ({ timestampMs }) => <Time atMs={timestampMs} /> },
  { key: 'kind', name: 'What', width: '100px', render: ({ kind }) => <span className="muted">{kind}</span> },
  {
    key: 'subject',
    name: 'Name',
    width: 'minmax(180px, 1fr)',
    render: ({ subject }) => <span className="mono truncate">{subject}</span>,
  },
  {
    key: 'change',
    name: 'Change',
    width: '150px',
    render: ({ change }) => (
      <State health={health[change] ?? 'good'}>{change.toLowerCase().replaceAll('_', '-')}</State>
    ),
  },
  {
    key: 'reason',
    name: 'Why',
    width: 'minmax(260px, 2fr)',
    render: ({ reason }) => (
      <span className="truncate" title={reason}>
        {reason}
      </span>
    ),
  },
];

/** What the gateway has decided or learned, newest first. */
export function ChangesView({ changes, filter }: { changes: readonly GatewayChange[]; filter: string }): ReactNode {
  return (
    <Table
      label="Changes"
      rows={changes.filter(({ subject, change, kind }) => matches(filter, subject, change, kind))}
      columns={columns}
      rowKey={({ timestampMs, subject, change }) => `${timestampMs} ${subject} ${change}`}
      isMain
      minWidth={860}
      empty={
        <Empty title={filter === '' ? 'Nothing has changed since the start' : `No change has “${filter}” in it`}>
          <p>Breakers that open, instances that come, go or are ejected, and new routes are told here.</p>
        </Empty>
      }
    />
  );
}
