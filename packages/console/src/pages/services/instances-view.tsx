import { type ReactNode, useMemo } from 'react';
import type { RegistryView, ServiceInstance } from '../../api/discovery.ts';
import type { Fetched } from '../../api/use-fetch.ts';
import { setParams, useParams } from '../../app/navigation.tsx';
import { Command, Empty, Failure, Loading } from '../../components/notice.tsx';
import { Age } from '../../components/numbers.tsx';
import { Badge, State, StateIcon } from '../../components/state.tsx';
import { type Column, type Sort, Table } from '../../components/table.tsx';
import { addressOf, instanceHealth, instanceStateText } from './instance-health.ts';

const columns: Column<ServiceInstance>[] = [
  {
    key: 'service',
    name: 'Service',
    width: 'minmax(150px, 1fr)',
    sort: 'service',
    render: (row) => <span className="truncate services-name">{row.service.toLowerCase()}</span>,
  },
  {
    key: 'state',
    name: 'State',
    width: '200px',
    sort: 'state',
    render: (row) => (
      <span className="services-state">
        <State health={instanceHealth(row)}>{instanceStateText(row)}</State>
        {row.override && <Badge>override</Badge>}
      </span>
    ),
  },
  {
    key: 'instance',
    name: 'Instance',
    width: 'minmax(180px, 1.2fr)',
    sort: 'instance',
    render: (row) => <span className="mono truncate">{row.instanceId}</span>,
  },
  {
    key: 'address',
    name: 'Address',
    width: 'minmax(140px, 0.8fr)',
    render: (row) => <span className="mono truncate">{addressOf(row)}</span>,
  },
  {
    key: 'heartbeat',
    name: 'Heartbeat',
    width: '100px',
    align: 'right',
    sort: 'heartbeat',
    render: (row) => <Age atMs={row.lastHeartbeatMs} suffix=" ago" />,
  },
  {
    key: 'lease',
    name: 'Lease',
    width: '80px',
    align: 'right',
    render: (row) => <span className="mono">{row.lease.durationSeconds} s</span>,
  },
  {
    key: 'up',
    name: 'Up since',
    width: '90px',
    align: 'right',
    sort: 'up',
    render: (row) => (row.upSinceMs === 0 ? <span className="muted">–</span> : <Age atMs={row.upSinceMs} />),
  },
];

const order: Record<string, (a: ServiceInstance, b: ServiceInstance) => number> = {
  service: (a, b) => compare(instanceKey(a), instanceKey(b)),
  state: (a, b) => compare(instanceStateText(a), instanceStateText(b)),
  instance: (a, b) => compare(a.instanceId, b.instanceId),
  heartbeat: (a, b) => b.lastHeartbeatMs - a.lastHeartbeatMs,
  up: (a, b) => b.upSinceMs - a.upSinceMs,
};

/** The instances that discovery lists, with their leases. */
export function InstancesView({
  registry: { data, error, reload },
  filter,
  open,
}: {
  registry: Fetched<RegistryView>;
  filter: string;
  open: string | null;
}): ReactNode {
  const params = useParams();
  const sortText = params.get('sort') ?? 'service';
  const sort: Sort = { by: sortText.replace(/^-/, ''), isDescending: sortText.startsWith('-') };
  const rows = useMemo(() => {
    const wanted = filter.toLowerCase();
    const found = (data?.services ?? [])
      .flatMap(({ instances }) => instances)
      .filter((row) => `${row.service} ${row.instanceId} ${addressOf(row)}`.toLowerCase().includes(wanted));
    const by = order[sort.by] ?? order['service']!;
    return found.sort((a, b) => (sort.isDescending ? -1 : 1) * by(a, b) || compare(instanceKey(a), instanceKey(b)));
  }, [data, filter, sort.by, sort.isDescending]);
  if (error && !data) return <Failure title="Discovery did not answer" error={error} onRetry={reload} />;
  if (!data) return <Loading rows={8} />;
  return (
    <>
      <Warnings view={data} />
      <Table
        label="Instances"
        rows={rows}
        columns={columns}
        rowKey={instanceKey}
        openKey={open}
        onOpen={(row) => setParams({ at: instanceKey(row) })}
        sort={sort}
        onSort={(next) => setParams({ sort: `${next.isDescending ? '-' : ''}${next.by}` })}
        isMain
        minWidth={960}
        rowHeight={40}
        empty={<NoInstances filter={filter} />}
      />
    </>
  );
}

/** What explains why something is listed that should not be, or may be missing. */
function Warnings({ view }: { view: RegistryView }): ReactNode {
  const { selfPreservation, server } = view;
  const told = [
    ...(selfPreservation.isProtecting ? [selfPreservation.explanation] : []),
    ...(server.sharing.isConnected ? [] : [server.sharing.explanation]),
  ];
  return told.map((text) => (
    <p key={text} className="services-warning" role="status">
      <StateIcon health="warning" label="Warning" />
      <span>{text}</span>
    </p>
  ));
}

function NoInstances({ filter }: { filter: string }): ReactNode {
  if (filter !== '') return <Empty title={`No instance has “${filter}” in its name or address`} />;
  const instance = {
    instanceId: 'orders-1',
    app: 'ORDERS',
    hostName: '127.0.0.1',
    ipAddr: '127.0.0.1',
    dataCenterInfo: { name: 'MyOwn' },
  };
  return (
    <Empty title="No service has registered yet">
      <p>Any Eureka client registers here; one of Spring by one property:</p>
      <Command>eureka.client.service-url.defaultZone=http://127.0.0.1:8761/eureka/</Command>
      <p>Or by hand, for the 90 seconds of its lease:</p>
      <Command>{`curl -H 'content-type: application/json' http://127.0.0.1:8761/eureka/apps/ORDERS -d '${JSON.stringify({ instance })}'`}</Command>
    </Empty>
  );
}

export const instanceKey = ({ service, instanceId }: ServiceInstance): string => `${service}/${instanceId}`;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
