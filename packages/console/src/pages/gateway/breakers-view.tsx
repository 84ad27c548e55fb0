import { type ReactNode, useState } from 'react';
import type { BreakerState, GatewayBreaker } from '../../api/gateway.ts';
import { send } from '../../api/http.ts';
import { setParams } from '../../app/navigation.tsx';
import { Button } from '../../components/controls.tsx';
import { Command, Empty } from '../../components/notice.tsx';
import { Age, Count } from '../../components/numbers.tsx';
import { Fact, Facts, Panel, PanelSection } from '../../components/panel.tsx';
import { State } from '../../components/state.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { toast } from '../../components/toasts.tsx';
import type { Health } from '../../flow/health.ts';
import { matches } from './matches.ts';

const shown: Record<BreakerState, { health: Health; text: string }> = {
  CLOSED: { health: 'good', text: 'closed' },
  HALF_OPEN: { health: 'warning', text: 'half-open' },
  OPEN: { health: 'bad', text: 'open' },
  FORCED_OPEN: { health: 'bad', text: 'open by hand' },
  DISABLED: { health: 'unknown', text: 'off' },
  METRICS_ONLY: { health: 'unknown', text: 'only counts' },
};

const columns: Column<GatewayBreaker>[] = [
  {
    key: 'name',
    name: 'Breaker',
    width: 'minmax(220px, 1.2fr)',
    render: ({ name }) => <span className="mono truncate">{name}</span>,
  },
  {
    key: 'state',
    name: 'State',
    width: '140px',
    render: ({ state }) => <State health={shown[state].health}>{shown[state].text}</State>,
  },
  { key: 'since', name: 'For', width: '90px', align: 'right', render: ({ sinceMs }) => <Age atMs={sinceMs} /> },
  {
    key: 'failures',
    name: 'Failed',
    width: '90px',
    align: 'right',
    render: ({ failureRate }) => <Percent value={failureRate} />,
  },
  {
    key: 'slow',
    name: 'Slow',
    width: '80px',
    align: 'right',
    render: ({ slowCallRate }) => <Percent value={slowCallRate} />,
  },
  {
    key: 'window',
    name: 'In window',
    width: '100px',
    align: 'right',
    render: ({ bufferedCalls }) => <Count value={bufferedCalls} unit="calls in the window" />,
  },
  {
    key: 'refused',
    name: 'Refused',
    width: '90px',
    align: 'right',
    render: ({ calls }) => <Count value={calls.notPermitted} unit="calls refused since the start" />,
  },
  {
    key: 'reason',
    name: 'Why',
    width: 'minmax(220px, 2fr)',
    render: ({ reason }) => <span className="muted truncate">{reason}</span>,
  },
];

export function BreakersView({
  breakers,
  filter,
  open,
}: {
  breakers: readonly GatewayBreaker[];
  filter: string;
  open: string | null;
}): ReactNode {
  return (
    <Table
      label="Circuit breakers"
      rows={breakers.filter(({ name }) => matches(filter, name))}
      columns={columns}
      rowKey={({ name }) => name}
      openKey={open}
      onOpen={({ name }) => setParams({ open: name })}
      isMain
      minWidth={960}
      empty={
        <Empty title={filter === '' ? 'No route has a circuit breaker' : `No breaker has “${filter}” in its name`}>
          {filter === '' && <Command label="Filter">{`filters: ["CircuitBreaker=orders,forward:/fallback"]`}</Command>}
        </Empty>
      }
    />
  );
}

/** One breaker: what it has counted, its settings, and the buttons that trip and reset it. */
export function BreakerPanel({ breaker, onClose }: { breaker: GatewayBreaker; onClose: () => void }): ReactNode {
  const [isBusy, setBusy] = useState(false);
  const { name, state, config, calls } = breaker;
  const change = async (next: BreakerState, done: string): Promise<void> => {
    setBusy(true);
    try {
      await send('POST', `/api/gateway/breakers/${encodeURIComponent(name)}`, JSON.stringify({ state: next }));
      toast(done);
    } catch (error) {
      toast((error as Error).message, 'failed');
    } finally {
      setBusy(false);
    }
  };
  const isTripped = state === 'FORCED_OPEN';
  return (
    <Panel
      label={`Breaker ${name}`}
      title={name}
      subtitle={<State health={shown[state].health}>{shown[state].text}</State>}
      onClose={onClose}
      footer={
        <div className="gateway-buttons">
          <Button
            look="danger"
            disabled={isBusy || isTripped}
            onClick={() => void change('FORCED_OPEN', `${name} refuses all calls`)}
          >
            Trip: refuse all calls
          </Button>
          <Button
            disabled={isBusy || (state === 'CLOSED' && breaker.bufferedCalls === 0)}
            onClick={() => void change('CLOSED', `${name} is closed, its window is empty`)}
          >
            Reset
          </Button>
        </div>
      }
    >
      <p className="gateway-reason">{breaker.reason}</p>
      <Facts>
        <Fact name="Since">
          <Age atMs={breaker.sinceMs} suffix=" ago" />
        </Fact>
        <Fact name="Window">{`${breaker.bufferedCalls} calls, ${breaker.failedCalls} failed, ${breaker.slowCalls} slow`}</Fact>
        {breaker.permitsLeft !== null && <Fact name="May try">{`${breaker.permitsLeft} more calls`}</Fact>}
        <Fact name="Since the start">
          {`${calls.successful} good, ${calls.failed} failed, ${calls.notPermitted} refused, ${calls.ignored} not counted`}
        </Fact>
      </Facts>
      <PanelSection title="Settings">
        <Facts>
          <Fact name="Window">
            {`last ${config.slidingWindowSize} ${config.slidingWindowType === 'TIME_BASED' ? 's' : 'calls'}, at least ${config.minimumNumberOfCalls} calls`}
          </Fact>
          <Fact name="Opens at">
            {`${config.failureRateThreshold} % failed, or ${config.slowCallRateThreshold} % slower than ${config.slowCallDurationThresholdMs} ms`}
          </Fact>
          <Fact name="Stays open">{`${config.waitDurationInOpenStateMs} ms`}</Fact>
          <Fact name="Then tries">{`${config.permittedNumberOfCallsInHalfOpenState} calls`}</Fact>
        </Facts>
      </PanelSection>
    </Panel>
  );
}

function Percent({ value }: { value: number | null }): ReactNode {
  if (value === null)
    return (
      <span className="muted" title="Too few calls for a rate">
        –
      </span>
    );
  return (
    <span className="mono">
      {Math.round(value)} <span className="muted">%</span>
    </span>
  );
}
