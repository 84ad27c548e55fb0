import { type FormEvent, type ReactNode, useState } from 'react';
import { type AlertRule, alertRulePath } from '../../api/alerts.ts';
import { ApiError } from '../../api/api-error.ts';
import { send } from '../../api/http.ts';
import { setParams } from '../../app/navigation.tsx';
import { Button, Field, Input, Select } from '../../components/controls.tsx';
import { Panel } from '../../components/panel.tsx';
import { toast } from '../../components/toasts.tsx';
import { type DraftKind, drafts } from './rule-draft.ts';
import { RuleTest } from './rule-test.tsx';
import { yamlText } from './yaml-text.ts';

const kinds = Object.keys(drafts) as DraftKind[];
const isDraft = (yaml: string): boolean => Object.values<string>(drafts).includes(yaml);
const close = (): void => setParams({ rule: null, make: null });

/** Makes a rule at run time, or changes one; it can be tried on the past before it is switched on. */
export function RuleForm({
  rule,
  names,
  onDone,
}: {
  /** That is changed. */
  rule: AlertRule | undefined;
  /** Of all rules: another of these names is replaced. */
  names: ReadonlySet<string>;
  onDone: () => void;
}): ReactNode {
  const [name, setName] = useState(rule?.name ?? '');
  const [kind, setKind] = useState<DraftKind>('rate');
  const [yaml, setYaml] = useState<string>(() => (rule === undefined ? drafts.rate : writtenOf(rule)));
  const [error, setError] = useState<ApiError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isNew = rule === undefined;
  const taken = isNew && names.has(name.trim());
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const made = JSON.parse(await send('PUT', alertRulePath(name.trim()), yaml)) as { name: string };
      toast(isNew ? `Rule ${made.name} is on` : `Rule ${made.name} is changed`);
      setParams({ make: null, rule: made.name });
      onDone();
    } catch (failure) {
      setError(failure instanceof ApiError ? failure : new ApiError(-1, 'HW_CONSOLE_BUG', String(failure)));
      setBusy(false);
    }
  };
  const form = 'make-rule';
  const title = isNew ? 'New rule' : `Change ${rule.name}`;
  return (
    <Panel
      label={title}
      title={<span className="truncate">{title}</span>}
      onClose={close}
      takesFocus
      footer={
        <>
          <Button
            look="primary"
            type="submit"
            form={form}
            disabled={isBusy || taken || name.trim() === '' || yaml.trim() === ''}
          >
            {isNew ? 'Switch on' : 'Save'}
          </Button>
          <Button look="quiet" onClick={isNew ? close : () => setParams({ make: null })}>
            Cancel
          </Button>
        </>
      }
    >
      <form id={form} className="form" onSubmit={(event) => void submit(event)}>
        {isNew && (
          <>
            <Field
              label="Name"
              hint="Alerts have it as alertname."
              error={taken ? 'There is a rule of this name' : null}
            >
              {(id, noteId) => (
                <Input
                  id={id}
                  aria-describedby={noteId}
                  data-autofocus
                  maxLength={120}
                  placeholder="FailedOrders"
                  value={name}
                  onChange={(event) => setName(event.target.value)}
                />
              )}
            </Field>
            <Field label="Kind" hint={isDraft(yaml) ? 'Fills in an example.' : 'You have changed the rule: it stays.'}>
              {(id, noteId) => (
                <Select
                  id={id}
                  aria-describedby={noteId}
                  value={kind}
                  disabled={!isDraft(yaml)}
                  onChange={(event) => {
                    const next = event.target.value as DraftKind;
                    setKind(next);
                    setYaml(drafts[next]);
                  }}
                >
                  {kinds.map((each) => (
                    <option key={each}>{each}</option>
                  ))}
                </Select>
              )}
            </Field>
          </>
        )}
        <Field label="Rule, YAML or JSON" error={error?.message ?? null}>
          {(id, noteId) => (
            <textarea
              id={id}
              aria-describedby={noteId}
              aria-invalid={error !== null}
              className="input mono"
              rows={14}
              spellCheck={false}
              value={yaml}
              onChange={(event) => {
                setYaml(event.target.value);
                setError(null);
              }}
            />
          )}
        </Field>
        <RuleTest key={yaml} rule={{ yaml }} />
        <p className="muted">
          It is kept on the log, and runs until it is deleted here; receivers are those of the file of alerts.
        </p>
      </form>
    </Panel>
  );
}

/** Without the name, which does not change. */
function writtenOf({ rule }: AlertRule): string {
  const { name: _name, ...rest } = rule;
  return `${yamlText(rest).trimStart()}\n`;
}
