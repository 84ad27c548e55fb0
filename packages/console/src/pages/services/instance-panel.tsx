import { type ReactNode, useState } from 'react';
import { type DiscoveryEvent, type ServiceInstance, whyPath } from '../../api/discovery.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { Button } from '../../components/controls.tsx';
import { Empty } from '../../components/notice.tsx';
import { Age, Time } from '../../components/numbers.tsx';
import { Fact, Facts, Panel, PanelSection } from '../../components/panel.tsx';
import { State } from '../../components/state.tsx';
import { InstanceAction, type InstanceActionKind } from './instance-action.tsx';
import { addressOf, instanceHealth, instanceStateText, statusText } from './instance-health.ts';

/** One instance: why it is listed and why with this status, its lease, what happened to it, and what one may do. */
export function InstancePanel({
  name,
  instance,
  onChanged,
  onClose,
}: {
  name: string;
  instance: ServiceInstance | undefined;
  onChanged: () => void;
  onClose: () => void;
}): ReactNode {
  const [action, setAction] = useState<InstanceActionKind | null>(null);
  if (instance === undefined) {
    return (
      <Panel label={`Instance ${name}`} title={<span className="mono truncate">{name}</span>} onClose={onClose}>
        <Empty title="This instance is not registered">
          <p>It has left, or was evicted because its lease ran out. It is listed again when it registers again.</p>
        </Empty>
      </Panel>
    );
  }
  const { lease, metadata, override, why } = instance;
  const entries = Object.entries(metadata);
  return (
    <Panel
      label={`Instance ${instance.instanceId}`}
      title={<span className="mono truncate">{instance.instanceId}</span>}
      subtitle={instance.service.toLowerCase()}
      onClose={onClose}
      footer={
        <>
          {override ? (
            <Button onClick={() => setAction('release')}>Remove override</Button>
          ) : (
            <Button onClick={() => setAction('take-out')}>Take out of service</Button>
          )}
          <Button look="danger" onClick={() => setAction('remove')}>
            Remove
          </Button>
        </>
      }
    >
      <PanelSection title="Why">
        <p className="services-why">
          <State health={instanceHealth(instance)}>{instanceStateText(instance)}</State>
        </p>
        <p>{why.status}</p>
        <p>{why.listed}</p>
      </PanelSection>
      <Facts>
        <Fact name="Address">
          <span className="mono">{addressOf(instance)}</span>
        </Fact>
        <Fact name="Heartbeat">
          <Age atMs={instance.lastHeartbeatMs} suffix=" ago" />
        </Fact>
        <Fact name="Lease">
          {lease.durationSeconds} s, renewed every {lease.renewalIntervalSeconds} s
        </Fact>
        <Fact name="Heard by">
          <span className="mono">{lease.heldBy}</span>
        </Fact>
        <Fact name="Registered">
          <Time atMs={instance.registeredMs} />
        </Fact>
        {instance.upSinceMs > 0 && (
          <Fact name="Up since">
            <Time atMs={instance.upSinceMs} />
          </Fact>
        )}
        <Fact name="Says itself">{statusText(instance.reportedStatus)}</Fact>
        {override && (
          <Fact name="Override">
            {statusText(override.status)}, set <Age atMs={override.sinceMs} suffix=" ago" />
            {override.by !== null && (
              <>
                {' by '}
                <span className="mono">{override.by}</span>
              </>
            )}
          </Fact>
        )}
        {instance.vipAddress !== undefined && (
          <Fact name="Called">
            <span className="mono">lb://{instance.vipAddress}</span>
          </Fact>
        )}
        {instance.healthCheckUrl !== undefined && (
          <Fact name="Health">
            <span className="mono">{instance.healthCheckUrl}</span>
          </Fact>
        )}
      </Facts>
      <PanelSection title="Metadata">
        {entries.length === 0 ? (
          <p className="muted">None. An instance brings its own when it registers.</p>
        ) : (
          <Facts>
            {entries.map(([key, value]) => (
              <Fact key={key} name={key}>
                <span className="mono">{value}</span>
              </Fact>
            ))}
          </Facts>
        )}
      </PanelSection>
      <History key={`${instance.status} ${instance.registeredMs} ${override?.sinceMs ?? 0}`} instance={instance} />
      {action !== null && (
        <InstanceAction
          kind={action}
          instance={instance}
          onClose={() => setAction(null)}
          onDone={() => {
            setAction(null);
            onChanged();
          }}
        />
      )}
    </Panel>
  );
}

/** What happened to it, as far as this server remembers. */
function History({ instance }: { instance: ServiceInstance }): ReactNode {
  const { data } = useFetch<{ history: DiscoveryEvent[] }>(whyPath(instance.service, instance.instanceId));
  if (!data || data.history.length === 0) return null;
  return (
    <PanelSection title="What happened">
      <ul className="services-events">
        {data.history.map((event) => (
          <li key={event.id}>
            <Time atMs={event.timestampMs} />
            <span>
              {event.reason}
              {event.address !== null && <span className="muted"> · {event.address}</span>}
            </span>
          </li>
        ))}
      </ul>
    </PanelSection>
  );
}
