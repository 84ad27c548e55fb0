import type { ReactNode } from 'react';
import type { AlertNow, Silence } from '../../api/alerts.ts';
import { Link, setParams } from '../../app/navigation.tsx';
import { Button } from '../../components/controls.tsx';
import { Empty } from '../../components/notice.tsx';
import { Age, Time } from '../../components/numbers.tsx';
import { Fact, Facts, Panel, PanelSection } from '../../components/panel.tsx';
import { State } from '../../components/state.tsx';
import { logsPath, pathOf, servicePath } from '../../url/route.ts';
import { alertHealth, matcherText, stateText, summaryOf, valueText } from './alert-words.ts';

const close = (): void => setParams({ alert: null });

/** One alert: what it says, since when, who is told, and the way on to its service, lines and traces. */
export function AlertPanel({
  alert,
  silences,
}: {
  alert: AlertNow | undefined;
  silences: readonly Silence[];
}): ReactNode {
  if (alert === undefined)
    return (
      <Panel label="Alert" title="Alert" onClose={close}>
        <Empty title="This alert is over">
          <p>
            <Link to="/ui/alerts?view=history">History</Link> has what happened.
          </p>
        </Empty>
      </Panel>
    );
  const { annotations, causeMs, endsMs, inhibitedBy, labels, receivers, rule, severity, startsMs, state, value } =
    alert;
  const { service } = labels;
  const keptQuiet = silences.filter(({ id }) => alert.silencedBy.includes(id));
  const more = Object.entries(annotations).filter(([name, text]) => name !== 'summary' && text !== summaryOf(alert));
  return (
    <Panel
      label={`Alert ${rule}`}
      title={<span className="truncate">{rule}</span>}
      subtitle={service}
      onClose={close}
      footer={
        <>
          {alert.silencedBy.length === 0 && (
            <Button onClick={() => setParams({ silence: 'new', of: alert.fingerprint })}>Silence</Button>
          )}
          {service !== undefined && (
            <>
              <Link className="button" to={servicePath(service)}>
                Service
              </Link>
              <Link className="button" to={logsPath(`service:${service}`, '-1h')}>
                Logs
              </Link>
              <Link className="button" to={`${pathOf({ page: 'traces' })}?service=${encodeURIComponent(service)}`}>
                Traces
              </Link>
            </>
          )}
        </>
      }
    >
      <PanelSection title="What it says">
        <p className="alerts-strong">
          <State health={alertHealth(alert)}>{summaryOf(alert)}</State>
        </p>
        {more.map(([name, text]) => (
          <p key={name}>
            {name !== 'description' && <span className="muted">{name}: </span>}
            {text}
          </p>
        ))}
      </PanelSection>
      <Facts>
        <Fact name="State">
          {stateText[state]} for <Age atMs={startsMs} />
        </Fact>
        <Fact name="Severity">{severity || 'none'}</Fact>
        <Fact name="Value">
          <span className="mono">{valueText(value)}</span>
        </Fact>
        <Fact name="Since">
          <Time atMs={startsMs} />
        </Fact>
        {causeMs !== null && causeMs !== startsMs && (
          <Fact name="Cause at">
            <Time atMs={causeMs} />
          </Fact>
        )}
        {endsMs !== null && (
          <Fact name="Ended">
            <Time atMs={endsMs} />
          </Fact>
        )}
        <Fact name="Rule">
          {alert.origin === 'api' ? (
            `${rule}, told by another program`
          ) : (
            <Link to={`/ui/alerts?view=rules&rule=${encodeURIComponent(rule)}`}>{rule}</Link>
          )}
        </Fact>
        <Fact name="Told to">{receivers.length === 0 ? 'nobody yet' : receivers.join(', ')}</Fact>
        <Fact name="Fingerprint">
          <span className="mono">{alert.fingerprint}</span>
        </Fact>
      </Facts>
      {(alert.silencedBy.length > 0 || inhibitedBy.length > 0) && (
        <PanelSection title="Why nobody is told">
          {keptQuiet.map((silence) => (
            <p key={silence.id}>
              Silenced by{' '}
              <Link to={`/ui/alerts?view=silences&silence=${silence.id}`}>
                {silence.comment || silence.matchers.map(matcherText).join(' ')}
              </Link>{' '}
              until <Time atMs={Date.parse(silence.endsAt)} />
            </p>
          ))}
          {inhibitedBy.length > 0 && <p>Another alert says the same and more: {inhibitedBy.join(', ')}</p>}
        </PanelSection>
      )}
      <PanelSection title="Labels">
        <Facts>
          {Object.entries(labels).map(([name, text]) => (
            <Fact key={name} name={name}>
              <span className="mono">{text}</span>
            </Fact>
          ))}
        </Facts>
      </PanelSection>
    </Panel>
  );
}
