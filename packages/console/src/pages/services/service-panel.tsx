import { type ReactNode, useEffect, useState } from 'react';
import {
  type CountBy,
  type Counts,
  countsPath,
  type MonitoredInstance,
  type MonitoredService,
  monitoredServicePath,
  type ServiceEvent,
} from '../../api/monitor.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { Link } from '../../app/navigation.tsx';
import { Segments } from '../../components/controls.tsx';
import { Empty } from '../../components/notice.tsx';
import { Age, Bytes } from '../../components/numbers.tsx';
import { Fact, Facts, Panel, PanelSection } from '../../components/panel.tsx';
import { State } from '../../components/state.tsx';
import { type HistogramBucket, TimeHistogram } from '../../components/time-histogram.tsx';
import { formatExact, plural } from '../../format/number.ts';
import { formatAge } from '../../format/time.ts';
import { logsPath, pathOf } from '../../url/route.ts';
import { EventList } from './event-list.tsx';
import { serviceHealth, statusHealth, statusText } from './instance-health.ts';

const spans: Record<CountBy, { name: string; bucketMs: number; spanMs: number }> = {
  minute: { name: 'Minutes', bucketMs: 60_000, spanMs: 3_600_000 },
  hour: { name: 'Hours', bucketMs: 3_600_000, spanMs: 2 * 86_400_000 },
  day: { name: 'Days', bucketMs: 86_400_000, spanMs: 30 * 86_400_000 },
  week: { name: 'Weeks', bucketMs: 7 * 86_400_000, spanMs: 26 * 7 * 86_400_000 },
};
const bys = Object.entries(spans).map(([value, { name }]) => ({ value: value as CountBy, name }));
const eventsMax = 30;

/** One service: why it is as it is, its instances and their processes, what it counted, how it crashed, what happened. */
export function ServicePanel({
  name,
  service,
  onClose,
}: {
  name: string;
  service: MonitoredService | undefined;
  onClose: () => void;
}): ReactNode {
  if (service === undefined)
    return (
      <Panel label={`Service ${name}`} title={<span className="truncate">{name}</span>} onClose={onClose}>
        <Empty title="Nothing is known of this service">
          <p>It is listed again when it registers, answers, or tells something.</p>
        </Empty>
      </Panel>
    );
  return (
    <Panel
      label={`Service ${name}`}
      title={<span className="truncate">{name}</span>}
      subtitle={plural(service.instances.length, 'instance')}
      onClose={onClose}
      footer={
        <>
          <Link className="button" to={logsPath(`service:${name}`, '-1h')}>
            Logs
          </Link>
          <Link className="button" to={`${pathOf({ page: 'traces' })}?service=${encodeURIComponent(name)}`}>
            Traces
          </Link>
        </>
      }
    >
      <PanelSection title="Why">
        <p className="services-why">
          <State health={serviceHealth(service)}>
            {statusText(service.status)}
            {service.sinceMs > 0 && <SinceText atMs={service.sinceMs} />}
          </State>
        </p>
        <p>{service.reason}</p>
        {service.unstableReasons.map((reason) => (
          <p key={reason}>Unstable: {reason}</p>
        ))}
      </PanelSection>
      <CountsOf service={name} />
      <PanelSection title="Instances">
        {service.instances.length === 0 && <p className="muted">None is known.</p>}
        {service.instances.map((instance) => (
          <InstanceFacts key={instance.instance} instance={instance} />
        ))}
      </PanelSection>
      <Happened service={service} />
    </Panel>
  );
}

function SinceText({ atMs }: { atMs: number }): ReactNode {
  return (
    <span className="muted">
      {' for '}
      <Age atMs={atMs} />
    </span>
  );
}

/** Triggers and crashes over time: each with its own scale, as a crash among a thousand triggers is what matters. */
function CountsOf({ service }: { service: string }): ReactNode {
  const [by, setBy] = useState<CountBy>('minute');
  return (
    <PanelSection
      title="Counted"
      tools={<Segments label="By" value={by} choices={bys} onChange={(next: CountBy) => setBy(next)} />}
    >
      <CountChart key={`trigger ${by}`} kind="trigger" service={service} by={by} />
      <CountChart key={`crash ${by}`} kind="crash" service={service} by={by} />
    </PanelSection>
  );
}

function CountChart({ kind, service, by }: { kind: 'trigger' | 'crash'; service: string; by: CountBy }): ReactNode {
  const { bucketMs, spanMs } = spans[by];
  const [toMs, setToMs] = useState(() => Date.now());
  const { data } = useFetch<Counts>(countsPath(kind, service, by, Math.floor((toMs - spanMs) / 60_000) * 60_000));
  useEffect(() => {
    const timer = setInterval(() => setToMs(Date.now()), 10_000);
    return () => clearInterval(timer);
  }, []);
  const byStart = new Map<number, number>();
  for (const { count, startMs } of data?.counts ?? []) byStart.set(startMs, (byStart.get(startMs) ?? 0) + count);
  const buckets: HistogramBucket[] = [...byStart].map(([startMs, count]) => ({ startMs, counts: { all: count } }));
  const total = [...byStart.values()].reduce((sum, count) => sum + count, 0);
  const words = kind === 'trigger' ? 'Triggers' : 'Crashes';
  return (
    <>
      <p className="services-chart-head">
        {words} <span className="mono">{formatExact(total)}</span>
      </p>
      <TimeHistogram
        label={`${words} of ${service} by ${by}`}
        window={{ fromMs: toMs - spanMs, toMs }}
        widthMs={bucketMs}
        buckets={buckets.sort((a, b) => a.startMs - b.startMs)}
        series={[{ key: 'all', name: words, tone: kind === 'trigger' ? 'accent' : 'bad' }]}
        height={64}
      />
    </>
  );
}

function InstanceFacts({ instance }: { instance: MonitoredInstance }): ReactNode {
  const { cpuPercent, eventLoopDelayMs, heapBytes, openFiles, pid, residentBytes, restarts, uptimeMs } = instance;
  return (
    <div className="services-instance">
      <p>
        <State health={instance.isFlapping ? 'warning' : statusHealth(instance.status)}>
          <span className="mono">{instance.instance}</span>
        </State>
      </p>
      <p className="muted">{instance.reason}</p>
      <Facts>
        {instance.address !== null && (
          <Fact name="Address">
            <span className="mono">{instance.address}</span>
          </Fact>
        )}
        {instance.version !== null && <Fact name="Version">{instance.version}</Fact>}
        {pid !== null && (
          <Fact name="Process">
            <span className="mono">{pid}</span>
            {uptimeMs !== null && `, up ${formatAge(uptimeMs)}`}
            {restarts !== null && restarts > 0 && `, ${plural(restarts, 'restart')}`}
          </Fact>
        )}
        {cpuPercent !== null && <Fact name="CPU">{`${cpuPercent.toFixed(1)} % of a core`}</Fact>}
        {residentBytes !== null && (
          <Fact name="Memory">
            <Bytes value={residentBytes} />
            {heapBytes !== null && (
              <>
                {', heap '}
                <Bytes value={heapBytes} />
              </>
            )}
          </Fact>
        )}
        {openFiles !== null && <Fact name="Open files">{formatExact(openFiles)}</Fact>}
        {eventLoopDelayMs !== null && <Fact name="Loop delay">{`${eventLoopDelayMs.toFixed(1)} ms`}</Fact>}
        <Fact name="Looked at">
          <Age atMs={instance.lastSeenMs} suffix=" ago" />
        </Fact>
      </Facts>
    </div>
  );
}

/** Asked again whenever something of it has changed. */
function Happened({ service }: { service: MonitoredService }): ReactNode {
  const { data, reload } = useFetch<{ events: ServiceEvent[] }>(monitoredServicePath(service.service));
  const { crashesToday, notificationsToday, sinceMs, triggersToday } = service;
  // These are what says that something happened.
  useEffect(reload, [reload, crashesToday, notificationsToday, sinceMs, triggersToday]);
  if (!data || data.events.length === 0) return null;
  return (
    <PanelSection title="What happened">
      <EventList events={data.events.slice(0, eventsMax)} hasService={false} />
    </PanelSection>
  );
}
