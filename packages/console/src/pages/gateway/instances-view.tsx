import { type ReactNode, useState } from 'react';
import type { GatewayInstance } from '../../api/gateway.ts';
import { send } from '../../api/http.ts';
import { setParams } from '../../app/navigation.tsx';
import { Button } from '../../components/controls.tsx';
import { Empty } from '../../components/notice.tsx';
import { Age, Count, useNow } from '../../components/numbers.tsx';
import { Fact, Facts, Panel } from '../../components/panel.tsx';
import { State } from '../../components/state.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { toast } from '../../components/toasts.tsx';
import { matches } from './matches.ts';

const columns: Column<GatewayInstance>[] = [
  {
    key: 'service',
    name: 'Service',
    width: 'minmax(120px, 1fr)',
    render: ({ service }) => <span className="mono truncate">{service}</span>,
  },
  {
    key: 'instance',
    name: 'Instance',
    width: 'minmax(200px, 1.6fr)',
    render: ({ id }) => <span className="mono truncate">{id}</span>,
  },
  { key: 'state', name: 'State', width: '150px', render: (row) => <InstanceState instance={row} /> },
  {
    key: 'now',
    name: 'Under way',
    width: '90px',
    align: 'right',
    render: ({ inFlight }) => <Count value={inFlight} unit="requests under way" />,
  },
  {
    key: 'requests',
    name: 'Requests',
    width: '90px',
    align: 'right',
    render: ({ requests }) => <Count value={requests} unit="attempts since the start" />,
  },
  {
    key: 'good',
    name: 'Good',
    width: '80px',
    align: 'right',
    render: ({ successRate }) =>
      successRate === null ? (
        <span className="muted">–</span>
      ) : (
        <span className="mono" title="Of the answers within the last 10 s interval">
          {Math.floor(successRate)} <span className="muted">%</span>
        </span>
      ),
  },
  {
    key: 'ejections',
    name: 'Ejections',
    width: '90px',
    align: 'right',
    render: ({ ejections }) => <Count value={ejections} unit="ejections" />,
  },
  {
    key: 'reason',
    name: 'Last failure',
    width: 'minmax(180px, 1.6fr)',
    render: ({ reason, lastFailure }) => <span className="muted truncate">{reason ?? lastFailure?.reason ?? ''}</span>,
  },
];

export function InstancesView({
  instances,
  filter,
  open,
}: {
  instances: readonly GatewayInstance[];
  filter: string;
  open: string | null;
}): ReactNode {
  return (
    <Table
      label="Instances"
      rows={instances.filter(({ service, id }) => matches(filter, service, id))}
      columns={columns}
      rowKey={keyOf}
      openKey={open}
      onOpen={(row) => setParams({ open: keyOf(row) })}
      isMain
      minWidth={1040}
      empty={
        <Empty title={filter === '' ? 'No route leads to lb://name' : `No instance has “${filter}” in its name`}>
          {filter === '' && (
            <p>Instances of a service appear here when a route has its name, and discovery knows it.</p>
          )}
        </Empty>
      }
    />
  );
}

/** One instance, and the button that takes it out or lets it back. */
export function InstancePanel({ instance, onClose }: { instance: GatewayInstance; onClose: () => void }): ReactNode {
  const [isBusy, setBusy] = useState(false);
  const { service, id, isEjected } = instance;
  const change = async (): Promise<void> => {
    setBusy(true);
    try {
      const path = `/api/gateway/instances/${encodeURIComponent(service)}/${encodeURIComponent(id)}`;
      await send('POST', path, JSON.stringify({ isEjected: !isEjected }));
      toast(isEjected ? `${id} gets calls again` : `${id} gets no calls`);
    } catch (error) {
      toast((error as Error).message, 'failed');
    } finally {
      setBusy(false);
    }
  };
  return (
    <Panel
      label={`Instance ${id}`}
      title={id}
      subtitle={<InstanceState instance={instance} />}
      onClose={onClose}
      footer={
        <Button look={isEjected ? 'plain' : 'danger'} disabled={isBusy} onClick={() => void change()}>
          {isEjected ? 'Let it back' : 'Eject: send it no calls'}
        </Button>
      }
    >
      <Facts>
        <Fact name="Service">{service}</Fact>
        <Fact name="Address">{instance.url}</Fact>
        <Fact name="Known from">{instance.source}</Fact>
        <Fact name="Weight">{String(instance.weight)}</Fact>
        {instance.zone !== null && <Fact name="Zone">{instance.zone}</Fact>}
        {instance.reason !== null && <Fact name="Ejected because">{instance.reason}</Fact>}
        {instance.lastFailure !== null && (
          <Fact name="Last failure">
            {instance.lastFailure.reason}, <Age atMs={instance.lastFailure.atMs} suffix=" ago" />
          </Fact>
        )}
      </Facts>
    </Panel>
  );
}

function InstanceState({ instance }: { instance: GatewayInstance }): ReactNode {
  const now = useNow();
  const { isEjected, ejectedUntilMs, requests } = instance;
  if (!isEjected)
    return <State health={requests === 0 ? 'unknown' : 'good'}>{requests === 0 ? 'not asked yet' : 'in turn'}</State>;
  const seconds = Math.max(0, Math.ceil(((ejectedUntilMs ?? now) - now) / 1_000));
  return <State health="bad">{seconds === 0 ? 'ejected' : `ejected, ${seconds} s`}</State>;
}

function keyOf({ service, id }: GatewayInstance): string {
  return `${service}/${id}`;
}
