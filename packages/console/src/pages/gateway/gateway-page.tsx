import { type ReactNode, useState } from 'react';
import type { GatewayChange, GatewayRoute, GatewayState } from '../../api/gateway.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { useSubscription } from '../../app/live.ts';
import { setParams, useParams } from '../../app/navigation.tsx';
import { Page, Spring, Toolbar } from '../../app/page.tsx';
import { SearchBox, Segments } from '../../components/controls.tsx';
import { Loading } from '../../components/notice.tsx';
import { State, StateIcon } from '../../components/state.tsx';
import { plural } from '../../format/number.ts';
import { BreakerPanel, BreakersView } from './breakers-view.tsx';
import { ChangesView } from './changes-view.tsx';
import { InstancePanel, InstancesView } from './instances-view.tsx';
import { LimitsView } from './limits-view.tsx';
import { RoutesView } from './routes-view.tsx';
import './gateway-page.css';

const views = [
  { value: 'routes', name: 'Routes' },
  { value: 'breakers', name: 'Breakers' },
  { value: 'instances', name: 'Instances' },
  { value: 'limits', name: 'Limits' },
  { value: 'changes', name: 'Changes' },
] as const;

type View = (typeof views)[number]['value'];

const changesMax = 500;

/** What passes through the gateway and what it decides: rates, breakers, instances, limits, changes; live. */
export default function GatewayPage(): ReactNode {
  const params = useParams();
  const view = views.find(({ value }) => value === params.get('view'))?.value ?? 'routes';
  const filter = params.get('q') ?? '';
  const routes = useFetch<{ routes: GatewayRoute[] }>('/api/gateway/routes');
  const [state, setState] = useState<GatewayState | null>(null);
  const [changes, setChanges] = useState<readonly GatewayChange[]>([]);
  const stream = useSubscription('/api/gateway/events', {
    onEvent: (name, data) => {
      if (name === 'state') setState(JSON.parse(data) as GatewayState);
      else if (name === 'changes') setChanges((JSON.parse(data) as GatewayChange[]).toReversed());
      else if (name === 'change') {
        const change = JSON.parse(data) as GatewayChange;
        setChanges((before) => [change, ...before].slice(0, changesMax));
        if (change.kind === 'routes') routes.reload();
      }
    },
  });
  const open = params.get('open');
  const breaker = view === 'breakers' ? state?.breakers.find(({ name }) => name === open) : undefined;
  const instance =
    view === 'instances' ? state?.instances.find((each) => `${each.service}/${each.id}` === open) : undefined;
  const close = (): void => setParams({ open: null });
  const bad = (state?.breakers ?? []).filter((each) => each.state === 'OPEN' || each.state === 'FORCED_OPEN').length;
  const ejected = (state?.instances ?? []).filter((each) => each.isEjected).length;

  return (
    <Page
      title="Gateway"
      isFilled
      panel={
        breaker ? (
          <BreakerPanel breaker={breaker} onClose={close} />
        ) : instance ? (
          <InstancePanel instance={instance} onClose={close} />
        ) : undefined
      }
    >
      <Toolbar>
        <div className="gateway-views">
          <Segments
            label="View"
            value={view}
            choices={views}
            onChange={(next: View) => setParams({ view: next === 'routes' ? null : next, open: null })}
          />
        </div>
        <SearchBox
          label="Filter by name"
          value={filter}
          isPageFilter
          onChange={(text) => setParams({ q: text }, { replace: true })}
        />
        <Spring />
        {bad > 0 && <State health="bad">{`${plural(bad, 'breaker')} open`}</State>}
        {ejected > 0 && <State health="warning">{`${plural(ejected, 'instance')} ejected`}</State>}
        {state?.discovery && state.discovery.status !== 'current' && (
          <State health="warning">{state.discovery.age}</State>
        )}
        {stream.kind === 'error' && (
          <span className="gateway-error" role="alert">
            <StateIcon health="bad" />
            <span>{stream.message}</span>
          </span>
        )}
      </Toolbar>
      {state === null ? (
        <Loading rows={8} />
      ) : view === 'routes' ? (
        <RoutesView traffic={state.traffic} routes={routes.data?.routes ?? []} filter={filter} />
      ) : view === 'breakers' ? (
        <BreakersView breakers={state.breakers} filter={filter} open={open} />
      ) : view === 'instances' ? (
        <InstancesView instances={state.instances} filter={filter} open={open} />
      ) : view === 'limits' ? (
        <LimitsView filter={filter} />
      ) : (
        <ChangesView changes={changes} filter={filter} />
      )}
    </Page>
  );
}
