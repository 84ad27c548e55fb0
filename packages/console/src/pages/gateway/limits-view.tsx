import { type ReactNode, useState } from 'react';
import type { GatewayLimitKey } from '../../api/gateway.ts';
import { useSubscription } from '../../app/live.ts';
import { Command, Empty, Loading } from '../../components/notice.tsx';
import { Count } from '../../components/numbers.tsx';
import { State } from '../../components/state.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { matches } from './matches.ts';

const columns: Column<GatewayLimitKey>[] = [
  {
    key: 'route',
    name: 'Route',
    width: 'minmax(120px, 1fr)',
    render: ({ route }) => <span className="mono truncate">{route}</span>,
  },
  {
    key: 'key',
    name: 'Key',
    width: 'minmax(160px, 1.4fr)',
    render: ({ key }) => <span className="mono truncate">{key}</span>,
  },
  {
    key: 'state',
    name: 'State',
    width: '140px',
    render: ({ remaining }) =>
      remaining < 1 ? <State health="warning">refused now</State> : <State health="good">has tokens</State>,
  },
  {
    key: 'remaining',
    name: 'Tokens',
    width: '110px',
    align: 'right',
    render: ({ remaining, burstCapacity }) => (
      <span className="mono">
        {Math.floor(remaining)} <span className="muted">of {burstCapacity}</span>
      </span>
    ),
  },
  {
    key: 'rate',
    name: 'Refill',
    width: '100px',
    align: 'right',
    render: ({ replenishRate }) => (
      <span className="mono">
        {replenishRate}
        <span className="muted">/s</span>
      </span>
    ),
  },
  {
    key: 'allowed',
    name: 'Allowed',
    width: '100px',
    align: 'right',
    render: ({ allowed }) => <Count value={allowed} unit="requests allowed" />,
  },
  {
    key: 'refused',
    name: 'Refused',
    width: '100px',
    align: 'right',
    render: ({ refused }) => <Count value={refused} unit="requests refused" />,
  },
];

/** The keys of rate limits that were seen last, with their tokens. */
export function LimitsView({ filter }: { filter: string }): ReactNode {
  const [keys, setKeys] = useState<readonly GatewayLimitKey[] | null>(null);
  useSubscription('/api/gateway/limits', {
    onEvent: (name, data) => {
      if (name === 'limits') setKeys((JSON.parse(data) as { keys: GatewayLimitKey[] }).keys);
    },
  });
  if (keys === null) return <Loading rows={6} />;
  return (
    <Table
      label="Limits"
      rows={keys.filter(({ route, key }) => matches(filter, route, key))}
      columns={columns}
      rowKey={({ route, key }) => `${route} ${key}`}
      isMain
      minWidth={840}
      empty={
        <Empty title={filter === '' ? 'No limit has counted anybody yet' : `No key has “${filter}” in it`}>
          {filter === '' && <Command label="Filter">{`filters: ["RequestRateLimiter=10,20,user"]`}</Command>}
        </Empty>
      }
    />
  );
}
