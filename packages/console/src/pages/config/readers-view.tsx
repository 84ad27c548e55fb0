import { type ReactNode, useEffect } from 'react';
import type { ConfigReaders } from '../../api/config.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { Command, Empty, Failure, Loading } from '../../components/notice.tsx';
import { Age, Count } from '../../components/numbers.tsx';
import { State } from '../../components/state.tsx';
import { type Column, Table } from '../../components/table.tsx';

type Reader = ConfigReaders['readers'][number];

const columns = (version: string | null): Column<Reader>[] => [
  {
    key: 'who',
    name: 'Application',
    width: 'minmax(140px, 1fr)',
    render: (row) => <span className="truncate">{row.application}</span>,
  },
  {
    key: 'profiles',
    name: 'Profiles',
    width: '130px',
    render: (row) => <span className="truncate mono">{row.profiles}</span>,
  },
  {
    key: 'version',
    name: 'Has',
    width: '150px',
    render: (row) =>
      row.version === null || version === null ? (
        <span className="muted">as it was then</span>
      ) : (
        <State health={row.version === version ? 'good' : 'warning'}>
          <span className="mono">{row.version.slice(0, 8)}</span>
        </State>
      ),
  },
  {
    key: 'client',
    name: 'Client',
    width: 'minmax(160px, 1.2fr)',
    render: (row) => (
      <span className="truncate" title={`${row.userAgent ?? 'no name'}, ${row.how}`}>
        {row.address} <span className="muted">{row.userAgent}</span>
      </span>
    ),
  },
  {
    key: 'last',
    name: 'Last',
    width: '110px',
    align: 'right',
    render: (row) => <Age atMs={row.lastMs} suffix=" ago" />,
  },
  { key: 'count', name: 'Times', width: '80px', align: 'right', render: (row) => <Count value={row.count} /> },
];

const againMs = 3_000;

/** Who has read the configuration, and whether they have the newest. */
export function ReadersView(props: { application: string; version: string | null; turn: number }): ReactNode {
  const { application, version, turn } = props;
  const { data, error, reload } = useFetch<ConfigReaders>('/api/config/api/readers');
  useEffect(() => {
    if (turn > 0) reload();
    const timer = setInterval(() => {
      if (!document.hidden) reload();
    }, againMs);
    return () => clearInterval(timer);
  }, [turn, reload]);
  if (data === null) {
    return error ? (
      <Failure error={error} title="The readers cannot be shown" onRetry={reload} />
    ) : (
      <Loading rows={6} />
    );
  }
  const rows = data.readers.filter(
    (row) => application === 'application' || row.application.split(',').includes(application),
  );
  return (
    <Table
      label="Readers"
      rows={rows}
      columns={columns(version)}
      rowKey={(row) => [row.application, row.profiles, row.label, row.address, row.how].join(' ')}
      isMain
      minWidth={800}
      rowHeight={40}
      empty={
        <Empty title="Nobody has read this since the server started">
          <p>A service reads it by its name and profiles:</p>
          <Command>{`curl http://127.0.0.1:8888/${application}/default`}</Command>
        </Empty>
      }
    />
  );
}
