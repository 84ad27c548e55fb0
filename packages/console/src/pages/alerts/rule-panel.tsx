import { type ReactNode, useState } from 'react';
import { type AlertNow, type AlertRule, alertRulePath } from '../../api/alerts.ts';
import { Link, setParams } from '../../app/navigation.tsx';
import { Button } from '../../components/controls.tsx';
import { CodeRegion } from '../../components/json-view.tsx';
import { Empty } from '../../components/notice.tsx';
import { Age } from '../../components/numbers.tsx';
import { Fact, Facts, Panel, PanelSection } from '../../components/panel.tsx';
import { State } from '../../components/state.tsx';
import { copyText } from '../../components/toasts.tsx';
import { plural } from '../../format/number.ts';
import { stateText, summaryOf, valueText } from './alert-words.ts';
import { EndDialog } from './end-dialog.tsx';
import { RuleTest } from './rule-test.tsx';
import { conditionText, isTestable } from './rule-words.ts';
import { ruleHealth, ruleStateText } from './rules-view.tsx';
import { ruleYaml } from './yaml-text.ts';

const close = (): void => setParams({ rule: null });

/** One rule: what it waits for, as it is written, what it finds, and when it would have fired. */
export function RulePanel({
  name,
  rule,
  alerts,
  onChanged,
}: {
  name: string;
  rule: AlertRule | undefined;
  alerts: readonly AlertNow[];
  onChanged: () => void;
}): ReactNode {
  const [isDeleting, setDeleting] = useState(false);
  if (rule === undefined)
    return (
      <Panel label={`Rule ${name}`} title={<span className="truncate">{name}</span>} onClose={close}>
        <Empty title="There is no such rule">
          <p>It may have been told by another program, such as Prometheus, or be deleted.</p>
        </Empty>
      </Panel>
    );
  const own = alerts.filter((alert) => alert.rule === name && alert.state !== 'resolved');
  const yaml = ruleYaml(rule.rule);
  return (
    <Panel
      label={`Rule ${name}`}
      title={<span className="truncate">{name}</span>}
      subtitle={rule.isFromConfig ? 'From the file of alerts' : 'Made at run time'}
      onClose={close}
      footer={
        !rule.isFromConfig && (
          <>
            <Button onClick={() => setParams({ make: 'rule' })}>Change</Button>
            <Button look="danger" icon="trash" onClick={() => setDeleting(true)}>
              Delete
            </Button>
          </>
        )
      }
    >
      <PanelSection title="Fires when">
        <p className="alerts-strong">
          {conditionText(rule.kind, rule.rule)}
          {rule.rule['for'] !== undefined && `, for ${String(rule.rule['for'])}`}
        </p>
      </PanelSection>
      <Facts>
        <Fact name="State">
          <State health={ruleHealth(rule)}>{ruleStateText(rule)}</State>
        </Fact>
        <Fact name="Severity">{rule.severity}</Fact>
        <Fact name="Kind">{rule.kind}</Fact>
        <Fact name="Looked">
          {rule.lastEvaluationMs === null ? 'not yet' : <Age atMs={rule.lastEvaluationMs} suffix=" ago" />}
        </Fact>
        {rule.overflowed > 0 && <Fact name="Left out">{plural(rule.overflowed, 'alert')} beyond its limit</Fact>}
      </Facts>
      {rule.lastError !== null && (
        <p className="alerts-error" role="status">
          It cannot look: {rule.lastError}
        </p>
      )}
      {rule.missingTopics.length > 0 && (
        <p className="muted" role="status">
          It waits for {plural(rule.missingTopics.length, 'topic')} that{' '}
          {rule.missingTopics.length === 1 ? 'is' : 'are'} not there yet: {rule.missingTopics.join(', ')}.
        </p>
      )}
      {own.length > 0 && (
        <PanelSection title="Alerts now">
          <ul className="alerts-list">
            {own.map((alert) => (
              <li key={alert.fingerprint}>
                <Link to={`/ui/alerts?alert=${alert.fingerprint}`}>{summaryOf(alert) || name}</Link>
                <span className="muted">
                  {stateText[alert.state].toLowerCase()} at {valueText(alert.value)} for <Age atMs={alert.startsMs} />
                </span>
              </li>
            ))}
          </ul>
        </PanelSection>
      )}
      <PanelSection title="On past data">
        {isTestable(rule.kind, rule.rule) ? (
          <RuleTest rule={name} />
        ) : (
          <p className="muted">
            This rule asks a server, and what that would have said is not on the log: only rules that follow topics can
            be tried on the past.
          </p>
        )}
      </PanelSection>
      <PanelSection
        title="As it is written"
        tools={
          <Button look="quiet" icon="copy" onClick={() => void copyText(yaml, 'Rule')}>
            Copy
          </Button>
        }
      >
        <CodeRegion label={`YAML of ${name}`}>{yaml}</CodeRegion>
        {rule.isFromConfig && (
          <p className="muted">Change it in the file that HEADWATER_ALERTS_FILE names: it is read again at once.</p>
        )}
      </PanelSection>
      {isDeleting && (
        <EndDialog
          title={`Delete the rule ${name}?`}
          consequence={`${
            own.length === 0
              ? 'Nothing of it fires now.'
              : `${plural(own.length, 'alert')} of it end${own.length === 1 ? 's' : ''} at once, and receivers hear that they are resolved.`
          } Nobody is told again when ${lower(conditionText(rule.kind, rule.rule))}. What it has told stays in the history; the rule itself is gone, also from its topic.`}
          verb="Delete"
          done={`Rule ${name} deleted`}
          path={alertRulePath(name)}
          onClose={() => setDeleting(false)}
          onDone={() => {
            close();
            onChanged();
          }}
        />
      )}
    </Panel>
  );
}

const lower = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);
