import { type ReactNode, useMemo, useRef } from 'react';
import type { MonitoredService } from '../../api/monitor.ts';
import type { Fetched } from '../../api/use-fetch.ts';
import { setParams, useParams } from '../../app/navigation.tsx';
import { Command, Empty, Failure, Loading } from '../../components/notice.tsx';
import { Age, Bytes, Count } from '../../components/numbers.tsx';
import { Badge, State } from '../../components/state.tsx';
import { type Column, type Sort, Table } from '../../components/table.tsx';
import { useSize } from '../../components/use-size.ts';
import { processOf, serviceHealth, sharersOf, statusText } from './instance-health.ts';

const columns: Column<MonitoredService>[] = [
  {
    key: 'service',
    name: 'Service',
    width: 'minmax(170px, 1fr)',
    sort: 'service',
    render: (row) => (
      <span className="services-state">
        <span className="truncate services-name">{row.service}</span>
        {row.isFlapping && <Badge>flapping</Badge>}
        {row.isUnstable && !row.isFlapping && <Badge>unstable</Badge>}
      </span>
    ),
  },
  {
    key: 'state',
    name: 'State',
    width: '140px',
    sort: 'state',
    render: (row) => <State health={serviceHealth(row)}>{statusText(row.status)}</State>,
  },
  {
    key: 'since',
    name: 'Since',
    width: '72px',
    align: 'right',
    sort: 'since',
    render: (row) => (row.sinceMs === 0 ? <span className="muted">–</span> : <Age atMs={row.sinceMs} />),
  },
  {
    key: 'why',
    name: 'Why',
    width: 'minmax(200px, 1.6fr)',
    render: (row) => (
      <span className="truncate muted" title={whyOf(row)}>
        {whyOf(row)}
      </span>
    ),
  },
  {
    key: 'instances',
    name: 'Up',
    width: '64px',
    align: 'right',
    sort: 'instances',
    render: (row) => (
      <span className="mono">
        {row.instances.filter(({ status }) => status === 'UP').length}/{row.instances.length}
      </span>
    ),
  },
  {
    key: 'triggers',
    name: 'Triggers today',
    width: '120px',
    align: 'right',
    sort: 'triggers',
    render: (row) => <Quiet value={row.triggersToday} />,
  },
  {
    key: 'crashes',
    name: 'Crashes today',
    width: '120px',
    align: 'right',
    sort: 'crashes',
    render: (row) => (
      <span className={row.crashesToday > 0 ? 'services-bad' : ''}>
        <Quiet value={row.crashesToday} />
      </span>
    ),
  },
  {
    key: 'week',
    name: 'In 7 days',
    width: '88px',
    align: 'right',
    sort: 'week',
    render: (row) => <Quiet value={row.crashesThisWeek} />,
  },
  {
    key: 'notes',
    name: 'Notes today',
    width: '104px',
    align: 'right',
    sort: 'notes',
    render: (row) => <Quiet value={row.notificationsToday} />,
  },
  {
    key: 'memory',
    name: 'Memory',
    width: '92px',
    align: 'right',
    sort: 'memory',
    render: (row) => (memoryOf(row) === 0 ? <span className="muted">–</span> : <Bytes value={memoryOf(row)} />),
  },
];

/** Services that run in one process all have its memory: each number says so. */
function withSharedMemory(services: readonly MonitoredService[]): Column<MonitoredService>[] {
  const sharers = sharersOf(services);
  return columns.map((column) =>
    column.key === 'memory'
      ? {
          ...column,
          width: '128px',
          render: (row) => {
            const others = sharers.get(row.service) ?? [];
            if (others.length === 0) return column.render(row);
            return (
              <span title={`One process with ${others.join(', ')}: this is the memory of all of them`}>
                <span className="muted">shared </span>
                {column.render(row)}
              </span>
            );
          },
        }
      : column,
  );
}

/** Beside the panel, which counts what is left out here: the reason is what one reads. */
const fewColumns = columns.filter(({ key }) => ['service', 'state', 'since', 'why', 'instances'].includes(key));
/** On a phone the reason is below the name. */
const narrowColumns: Column<MonitoredService>[] = [
  {
    key: 'service',
    name: 'Service',
    width: 'minmax(0, 1fr)',
    sort: 'service',
    render: (row) => (
      <span className="services-two">
        <span className="truncate services-name">{row.service}</span>
        <span className="truncate muted">{whyOf(row)}</span>
      </span>
    ),
  },
  ...columns.filter(({ key }) => key === 'state').map((column) => ({ ...column, width: '116px' })),
  ...columns
    .filter(({ key }) => key === 'since' || key === 'instances')
    .map((column) => ({ ...column, width: '58px' })),
];
/** Below this the wide table would have to scroll sideways; below that so would the few columns. */
const wideFromPx = 1120;
const fewFromPx = 600;

const badness = ['DOWN', 'UNKNOWN', 'OUT_OF_SERVICE', 'DRAINING', 'STARTING', 'UP'];

const order: Record<string, (a: MonitoredService, b: MonitoredService) => number> = {
  service: (a, b) => compare(a.service, b.service),
  state: (a, b) => badness.indexOf(a.status) - badness.indexOf(b.status) || Number(b.isUnstable) - Number(a.isUnstable),
  since: (a, b) => b.sinceMs - a.sinceMs,
  instances: (a, b) => a.instances.length - b.instances.length,
  triggers: (a, b) => a.triggersToday - b.triggersToday,
  crashes: (a, b) => a.crashesToday - b.crashesToday,
  week: (a, b) => a.crashesThisWeek - b.crashesThisWeek,
  notes: (a, b) => a.notificationsToday - b.notificationsToday,
  memory: (a, b) => memoryOf(a) - memoryOf(b),
};

/** One line a service: how it is and why, and what was counted today; those that need somebody come first. */
export function StatusView({
  status: { data, error, reload },
  filter,
  open,
}: {
  status: Fetched<{ services: MonitoredService[] }>;
  filter: string;
  open: string | null;
}): ReactNode {
  const params = useParams();
  const sortText = params.get('sort') ?? 'state';
  const sort: Sort = { by: sortText.replace(/^-/, ''), isDescending: sortText.startsWith('-') };
  const rows = useMemo(() => {
    const wanted = filter.toLowerCase();
    const found = (data?.services ?? []).filter((row) =>
      `${row.service} ${row.status} ${row.reason}`.toLowerCase().includes(wanted),
    );
    const by = order[sort.by] ?? order['state']!;
    return found.sort((a, b) => (sort.isDescending ? -1 : 1) * by(a, b) || compare(a.service, b.service));
  }, [data, filter, sort.by, sort.isDescending]);
  const allColumns = useMemo(() => withSharedMemory(data?.services ?? []), [data]);
  const box = useRef<HTMLDivElement>(null);
  const width = useSize(box)?.width ?? innerWidth;
  return (
    <div className="services-table" ref={box}>
      {error && !data ? (
        <Failure title="The monitor did not answer" error={error} onRetry={reload} />
      ) : !data ? (
        <Loading rows={8} />
      ) : (
        <Table
          label="Services"
          rows={rows}
          columns={width >= wideFromPx ? allColumns : width >= fewFromPx ? fewColumns : narrowColumns}
          rowKey={(row) => row.service}
          openKey={open}
          onOpen={(row) => setParams({ service: row.service })}
          sort={sort}
          onSort={(next) => setParams({ sort: `${next.isDescending ? '-' : ''}${next.by}` })}
          isMain
          minWidth={width >= wideFromPx ? wideFromPx : width >= fewFromPx ? fewFromPx : 0}
          rowHeight={width >= fewFromPx ? 40 : 52}
          empty={<NoServices filter={filter} />}
        />
      )}
    </div>
  );
}

function NoServices({ filter }: { filter: string }): ReactNode {
  if (filter !== '') return <Empty title={`No service has “${filter}” in its name, state or reason`} />;
  return (
    <Empty title="Nobody is looked after yet">
      <p>Services in discovery come by themselves. One in any language, by its address in headwater.yaml:</p>
      <Command>{'monitor: { targets: [{ service: orders, url: http://127.0.0.1:8090/health }] }'}</Command>
      <p>Or beside any program, which is started again when it ends:</p>
      <Command>headwater crawl --service orders --url http://127.0.0.1:8090 --restart -- python3 orders.py</Command>
    </Empty>
  );
}

/** A zero steps back. */
function Quiet({ value }: { value: number }): ReactNode {
  return value === 0 ? <span className="mono muted">0</span> : <Count value={value} />;
}

const whyOf = ({ reason, unstableReasons }: MonitoredService): string => [...unstableReasons, reason].join('; ');
/** Instances of one process share its memory: it counts once. */
const memoryOf = ({ instances }: MonitoredService): number => {
  const byProcess = new Map(instances.map((instance) => [processOf(instance), instance.residentBytes ?? 0]));
  return [...byProcess.values()].reduce((sum, bytes) => sum + bytes, 0);
};
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
