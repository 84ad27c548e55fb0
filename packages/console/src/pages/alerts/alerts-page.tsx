import { type ReactNode, useEffect, useRef } from 'react';
import {
  type AlertRule,
  type AlertsNow,
  alertRulesPath,
  alertsPath,
  type Silence,
  silencesPath,
} from '../../api/alerts.ts';
import { monitorStreamPath } from '../../api/monitor.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { paused, useSubscription } from '../../app/live.ts';
import { setParams, useParams } from '../../app/navigation.tsx';
import { Page, Spring, Toolbar } from '../../app/page.tsx';
import { Button, SearchBox, Segments } from '../../components/controls.tsx';
import { State } from '../../components/state.tsx';
import { AlertPanel } from './alert-panel.tsx';
import { FiringView } from './firing-view.tsx';
import { HistoryView } from './history-view.tsx';
import { RuleForm } from './rule-form.tsx';
import { RulePanel } from './rule-panel.tsx';
import { RulesView } from './rules-view.tsx';
import { SilenceForm } from './silence-form.tsx';
import { SilencePanel, SilencesView } from './silences-view.tsx';
import './alerts-page.css';

const views = [
  { value: 'firing', name: 'Firing' },
  { value: 'history', name: 'History' },
  { value: 'rules', name: 'Rules' },
  { value: 'silences', name: 'Silences' },
] as const;

export type View = (typeof views)[number]['value'];

/** Alerts ring; silences that end, and values, are asked for so often. */
const everyMs = 5_000;
/** Many changes at once are one question. */
const ringMs = 200;

/** What needs somebody now, what did, what looks for it, and what keeps quiet about it. */
export default function AlertsPage(): ReactNode {
  const params = useParams();
  const view: View = views.find(({ value }) => value === params.get('view'))?.value ?? 'firing';
  const filter = params.get('q') ?? '';
  const alerts = useFetch<AlertsNow>(alertsPath);
  const rules = useFetch<{ rules: AlertRule[] }>(view === 'rules' || view === 'firing' ? alertRulesPath : null);
  const silences = useFetch<Silence[]>(silencesPath);
  const reload = (): void => {
    alerts.reload();
    rules.reload();
    silences.reload();
  };
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useSubscription(monitorStreamPath, {
    onEvent: (name) => {
      if (name !== 'alert' || paused.get() || timer.current !== undefined) return;
      timer.current = setTimeout(() => {
        timer.current = undefined;
        reload();
      }, ringMs);
    },
  });
  const latest = useRef(reload);
  latest.current = reload;
  useEffect(() => {
    const ticking = setInterval(() => {
      if (!paused.get() && !document.hidden) latest.current();
    }, everyMs);
    return () => {
      clearInterval(ticking);
      clearTimeout(timer.current);
    };
  }, []);

  const all = alerts.data?.alerts ?? [];
  const firing = all.filter(({ state }) => state === 'firing');
  const critical = firing.filter(({ severity }) => severity === 'critical').length;
  const pending = all.filter(({ state }) => state === 'pending').length;
  return (
    <Page title="Alerts" isFilled panel={<OpenPanel {...{ view, alerts, rules, silences, reload }} />}>
      <Toolbar>
        <Segments
          label="View"
          value={view}
          choices={views}
          onChange={(next: View) =>
            setParams({
              view: next === 'firing' ? null : next,
              alert: null,
              rule: null,
              silence: null,
              of: null,
              make: null,
            })
          }
        />
        <SearchBox
          label={`Filter ${view === 'firing' ? 'alerts' : view}`}
          value={filter}
          isPageFilter
          onChange={(text) => setParams({ q: text }, { replace: true })}
        />
        <Spring />
        {view === 'rules' && (
          <Button icon="plus" onClick={() => setParams({ make: 'rule', rule: null })}>
            New rule
          </Button>
        )}
        {alerts.data && (
          <>
            <State health={critical > 0 ? 'bad' : firing.length > 0 ? 'warning' : 'good'}>
              {firing.length === 0
                ? 'Nothing fires'
                : `${firing.length} firing${critical > 0 ? `, ${critical} critical` : ''}`}
            </State>
            {pending > 0 && <State health="unknown">{`${pending} pending`}</State>}
          </>
        )}
      </Toolbar>
      {view === 'history' ? (
        <HistoryView filter={filter} ring={alerts.data} />
      ) : view === 'rules' ? (
        <RulesView rules={rules} alerts={all} filter={filter} open={params.get('rule')} />
      ) : view === 'silences' ? (
        <SilencesView silences={silences} alerts={all} filter={filter} open={params.get('silence')} />
      ) : (
        <FiringView
          alerts={alerts}
          ruleCount={rules.data?.rules.length ?? null}
          filter={filter}
          open={params.get('alert')}
        />
      )}
    </Page>
  );
}

function OpenPanel({
  view,
  alerts,
  rules,
  silences,
  reload,
}: {
  view: View;
  alerts: ReturnType<typeof useFetch<AlertsNow>>;
  rules: ReturnType<typeof useFetch<{ rules: AlertRule[] }>>;
  silences: ReturnType<typeof useFetch<Silence[]>>;
  reload: () => void;
}): ReactNode {
  const params = useParams();
  const silence = params.get('silence');
  const rule = params.get('rule');
  const fingerprint = params.get('alert');
  const all = alerts.data?.alerts ?? [];
  if (silence === 'new') {
    const of = params.get('of');
    const about = all.find((each) => each.fingerprint === of);
    // The form is filled from the alert once, so it waits for it.
    if (of !== null && alerts.data === null) return null;
    return <SilenceForm key={of} alert={about} alerts={all} onDone={reload} />;
  }
  if (silence !== null && view === 'silences' && silences.data !== null)
    return (
      <SilencePanel
        key={silence}
        silence={silences.data.find(({ id }) => id === silence)}
        alerts={all}
        onChanged={reload}
      />
    );
  if (params.get('make') === 'rule' && view === 'rules' && rules.data !== null) {
    const changed = rules.data.rules.find(({ isFromConfig, name }) => name === rule && !isFromConfig);
    const names = new Set(rules.data.rules.map(({ name }) => name));
    return <RuleForm key={changed?.name ?? ''} rule={changed} names={names} onDone={reload} />;
  }
  if (rule !== null && view === 'rules' && rules.data !== null)
    return (
      <RulePanel
        key={rule}
        name={rule}
        rule={rules.data.rules.find(({ name }) => name === rule)}
        alerts={all}
        onChanged={reload}
      />
    );
  if (fingerprint !== null && view === 'firing' && alerts.data !== null)
    return (
      <AlertPanel
        key={fingerprint}
        alert={all.find((each) => each.fingerprint === fingerprint)}
        silences={silences.data ?? []}
      />
    );
  return null;
}
