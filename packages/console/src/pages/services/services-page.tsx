import { type ReactNode, useEffect, useRef } from 'react';
import { type RegistryView, registryBellPath, registryPath } from '../../api/discovery.ts';
import { type MonitoredService, monitoredServicesPath, monitorStreamPath } from '../../api/monitor.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { paused, useSubscription } from '../../app/live.ts';
import { setParams, useParams } from '../../app/navigation.tsx';
import { Page, Spring, Toolbar } from '../../app/page.tsx';
import { SearchBox, Segments } from '../../components/controls.tsx';
import { State } from '../../components/state.tsx';
import { plural } from '../../format/number.ts';
import { ActivityView } from './activity-view.tsx';
import { InstancePanel } from './instance-panel.tsx';
import { InstancesView, instanceKey } from './instances-view.tsx';
import { ServicePanel } from './service-panel.tsx';
import { StatusView } from './status-view.tsx';
import './services-page.css';

const views = [
  { value: 'status', name: 'Status' },
  { value: 'instances', name: 'Instances' },
  { value: 'activity', name: 'Activity' },
] as const;

type View = (typeof views)[number]['value'];

/** Changes ring; heartbeats and counts do not, and are asked for so often. */
const everyMs = 5_000;
/** Many changes at once are one question. */
const ringMs = 200;

/** Every service: how it is and why, what was counted, what happened; and the instances that discovery knows. */
export default function ServicesPage(): ReactNode {
  const params = useParams();
  const at = params.get('at');
  const view: View =
    views.find(({ value }) => value === params.get('view'))?.value ?? (at === null ? 'status' : 'instances');
  const filter = params.get('q') ?? '';
  const openService = view === 'status' ? params.get('service') : null;

  const status = useFetch<{ services: MonitoredService[] }>(view === 'instances' ? null : monitoredServicesPath);
  const registry = useFetch<RegistryView>(view === 'instances' ? registryPath : null);
  const reload = view === 'instances' ? registry.reload : status.reload;
  const ring = useRing(reload);
  useSubscription(view === 'instances' ? registryBellPath : view === 'status' ? monitorStreamPath : null, {
    onEvent: ring,
  });
  useEffect(() => {
    const timer = setInterval(() => {
      if (!paused.get() && !document.hidden) reload();
    }, everyMs);
    return () => clearInterval(timer);
  }, [reload]);

  const services = status.data?.services ?? [];
  const down = services.filter((each) => each.status === 'DOWN').length;
  const unstable = services.filter((each) => each.isUnstable).length;
  const instance =
    at === null
      ? undefined
      : registry.data?.services.flatMap(({ instances }) => instances).find((each) => instanceKey(each) === at);
  return (
    <Page
      title="Services"
      isFilled
      panel={
        view === 'instances' && at !== null && registry.data !== null ? (
          <InstancePanel
            key={at}
            name={at}
            instance={instance}
            onChanged={registry.reload}
            onClose={() => setParams({ at: null })}
          />
        ) : openService !== null && status.data !== null ? (
          <ServicePanel
            key={openService}
            name={openService}
            service={services.find((each) => each.service === openService)}
            onClose={() => setParams({ service: null })}
          />
        ) : undefined
      }
    >
      <Toolbar>
        <Segments
          label="View"
          value={view}
          choices={views}
          onChange={(next: View) =>
            setParams({ view: next === 'status' ? null : next, at: null, service: null, kind: null, sort: null })
          }
        />
        <SearchBox
          label={
            view === 'activity' ? 'Filter what happened' : view === 'status' ? 'Filter services' : 'Filter instances'
          }
          value={filter}
          isPageFilter
          onChange={(text) => setParams({ q: text }, { replace: true })}
        />
        <Spring />
        {down > 0 && <State health="bad">{`${plural(down, 'service')} down`}</State>}
        {unstable > 0 && <State health="warning">{`${unstable} unstable`}</State>}
      </Toolbar>
      {view === 'instances' ? (
        <InstancesView registry={registry} filter={filter} open={at} />
      ) : view === 'activity' ? (
        <ActivityView filter={filter} />
      ) : (
        <StatusView status={status} filter={filter} open={openService} />
      )}
    </Page>
  );
}

/** Calls once for however many rings come at a time. */
function useRing(call: () => void): () => void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return () => {
    if (paused.get() || timer.current !== undefined) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      call();
    }, ringMs);
  };
}
