import { type ReactNode, useMemo } from 'react';
import type { GatewayRoute, GatewayTraffic } from '../../api/gateway.ts';
import { Command, Empty } from '../../components/notice.tsx';
import { Count } from '../../components/numbers.tsx';
import { Badge, State } from '../../components/state.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { useIsNarrow } from '../../components/use-is-narrow.ts';
import type { Health } from '../../flow/health.ts';
import { formatRate } from '../../format/number.ts';
import { matches } from './matches.ts';

interface Row extends GatewayTraffic {
  route: GatewayRoute | undefined;
}

const none = (name: string): GatewayTraffic => ({
  kind: 'route',
  name,
  requests: 0,
  failed: 0,
  inFlight: 0,
  retries: 0,
  requestsPerSecond: 0,
  failuresPerSecond: 0,
  p50Ms: null,
  p95Ms: null,
  p99Ms: null,
});

const columns: Column<Row>[] = [
  {
    key: 'name',
    name: 'Route',
    width: 'minmax(190px, 1.4fr)',
    render: (row) => (
      <span className="gateway-name">
        <span className="mono truncate">{row.name}</span>
        {row.kind !== 'route' && <Badge>{row.kind === 'part' ? 'part' : 'own pages'}</Badge>}
        <span className="muted truncate">
          {row.route ? `${row.route.predicates.join(' ')} → ${row.route.uri}` : ''}
        </span>
      </span>
    ),
  },
  { key: 'state', name: 'State', width: '130px', render: (row) => <RouteState row={row} /> },
  {
    key: 'rate',
    name: 'Rate',
    width: '90px',
    align: 'right',
    render: (row) => <PerSecond value={row.requestsPerSecond} what="requests" />,
  },
  {
    key: 'failures',
    name: 'Failures',
    width: '90px',
    align: 'right',
    render: (row) => <PerSecond value={row.failuresPerSecond} what="failures" />,
  },
  { key: 'p50', name: 'p50', width: '80px', align: 'right', render: (row) => <Latency ms={row.p50Ms} /> },
  { key: 'p95', name: 'p95', width: '80px', align: 'right', render: (row) => <Latency ms={row.p95Ms} /> },
  { key: 'p99', name: 'p99', width: '80px', align: 'right', render: (row) => <Latency ms={row.p99Ms} /> },
  {
    key: 'now',
    name: 'Under way',
    width: '90px',
    align: 'right',
    render: (row) => <Count value={row.inFlight} unit="requests under way" />,
  },
  {
    key: 'retries',
    name: 'Retries',
    width: '80px',
    align: 'right',
    render: (row) => <Count value={row.retries} unit="attempts beyond the first" />,
  },
  {
    key: 'requests',
    name: 'Requests',
    width: '90px',
    align: 'right',
    render: (row) => <Count value={row.requests} unit="requests since the start" />,
  },
];

/** On a phone: is it well, and how fast does it answer. */
const narrowColumns: Column<Row>[] = [
  { ...columns[0]!, width: 'minmax(0, 1fr)' },
  ...columns
    .filter(({ key }) => key === 'state' || key === 'p95')
    .map((column) => ({ ...column, width: column.key === 'state' ? '104px' : '84px' })),
];

/** Routes and parts with what passes through them; routes that nobody has asked for yet are there too. */
export function RoutesView({
  traffic,
  routes,
  filter,
}: {
  traffic: readonly GatewayTraffic[];
  routes: readonly GatewayRoute[];
  filter: string;
}): ReactNode {
  const isNarrow = useIsNarrow();
  const rows = useMemo(() => {
    const seen = new Map(traffic.map((each) => [`${each.kind} ${each.name}`, each]));
    const ofRoutes = routes.map((route): Row => ({ ...(seen.get(`route ${route.id}`) ?? none(route.id)), route }));
    const others = traffic
      .filter(({ kind }) => kind !== 'route')
      .map((each): Row => ({ ...each, route: undefined }))
      .sort((a, b) => (a.kind === b.kind ? (a.name < b.name ? -1 : 1) : a.kind === 'part' ? -1 : 1));
    return [...ofRoutes, ...others].filter((row) => matches(filter, row.name, row.route?.uri ?? ''));
  }, [traffic, routes, filter]);
  return (
    <Table
      label="Routes"
      rows={rows}
      columns={isNarrow ? narrowColumns : columns}
      rowKey={(row) => `${row.kind} ${row.name}`}
      isMain
      minWidth={isNarrow ? 0 : 1080}
      rowHeight={44}
      empty={
        <Empty title={filter === '' ? 'Nothing has passed through yet' : `No route has “${filter}” in its name`}>
          {filter === '' && <Command label="Route">{example}</Command>}
        </Empty>
      }
    />
  );
}

const example = `gateway:                      # headwater.yaml
  routes:
    - id: orders
      uri: lb://orders
      predicates: [Path=/orders/**]
      filters: [Retry=3, "CircuitBreaker=orders"]`;

function RouteState({ row }: { row: Row }): ReactNode {
  const share = row.requestsPerSecond === 0 ? 0 : row.failuresPerSecond / row.requestsPerSecond;
  const health: Health =
    row.requestsPerSecond === 0 ? 'unknown' : share >= 0.5 ? 'bad' : share > 0.01 ? 'warning' : 'good';
  if (health === 'unknown') return <State health={health}>quiet</State>;
  return <State health={health}>{health === 'good' ? 'answers' : `${Math.round(share * 100)} % fail`}</State>;
}

function PerSecond({ value, what }: { value: number; what: string }): ReactNode {
  return (
    <span className={`mono ${value === 0 ? 'muted' : ''}`} title={`${value.toFixed(1)} ${what} a second, over 10 s`}>
      {formatRate(value)}
      <span className="muted">/s</span>
    </span>
  );
}

/** Milliseconds, with as many digits as mean something. */
export function Latency({ ms }: { ms: number | null }): ReactNode {
  if (ms === null) return <span className="muted">–</span>;
  const text = ms < 10 ? ms.toFixed(1) : ms < 10_000 ? String(Math.round(ms)) : `${Math.round(ms / 1_000)}k`;
  return (
    <span className="mono" title="Over the last 30 to 60 s, within 15 %">
      {text} <span className="muted">ms</span>
    </span>
  );
}
