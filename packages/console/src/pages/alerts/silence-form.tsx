import { type FormEvent, type ReactNode, useState } from 'react';
import { type AlertNow, type SilenceMatcher, silencesPath } from '../../api/alerts.ts';
import type { ApiError } from '../../api/api-error.ts';
import { send } from '../../api/http.ts';
import { setParams } from '../../app/navigation.tsx';
import { useUser } from '../../app/user.ts';
import { Button, Field, IconButton, Input, Select } from '../../components/controls.tsx';
import { Panel } from '../../components/panel.tsx';
import { toast } from '../../components/toasts.tsx';
import { plural } from '../../format/number.ts';
import { matcherText, matchesAll } from './alert-words.ts';

const durations = [
  { name: '30 minutes', ms: 1_800_000 },
  { name: '2 hours', ms: 7_200_000 },
  { name: '8 hours', ms: 28_800_000 },
  { name: '1 day', ms: 86_400_000 },
  { name: '7 days', ms: 604_800_000 },
] as const;

const operators = ['=', '!=', '=~', '!~'] as const;
const close = (): void => setParams({ silence: null, of: null });

/** Makes a silence, filled from an alert; says what it will keep quiet. */
export function SilenceForm({
  alert,
  alerts,
  onDone,
}: {
  alert: AlertNow | undefined;
  alerts: readonly AlertNow[];
  onDone: () => void;
}): ReactNode {
  const user = useUser();
  const [matchers, setMatchers] = useState<readonly SilenceMatcher[]>(() => matchersOf(alert));
  const [duration, setDuration] = useState(1);
  const [comment, setComment] = useState('');
  const [error, setError] = useState<ApiError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const given = matchers.filter(({ name }) => name.trim() !== '');
  const found =
    given.length === 0 ? [] : alerts.filter((each) => each.state !== 'resolved' && matchesAll(given, each.labels));
  const span = durations[duration] ?? durations[1];
  const change = (at: number, part: Partial<SilenceMatcher>): void =>
    setMatchers(matchers.map((matcher, index) => (index === at ? { ...matcher, ...part } : matcher)));
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    const nowMs = Date.now();
    try {
      await send(
        'POST',
        silencesPath,
        JSON.stringify({
          matchers: given,
          startsAt: new Date(nowMs).toISOString(),
          endsAt: new Date(nowMs + span.ms).toISOString(),
          createdBy: user?.user ?? 'console',
          comment,
        }),
      );
      toast(`Silenced for ${span.name}`);
      close();
      onDone();
    } catch (failure) {
      setError(failure as ApiError);
      setBusy(false);
    }
  };
  const form = 'make-silence';
  return (
    <Panel
      label="Silence alerts"
      title="Silence alerts"
      onClose={close}
      takesFocus
      footer={
        <>
          <Button
            look="primary"
            type="submit"
            form={form}
            disabled={isBusy || given.length === 0 || comment.trim() === ''}
          >
            Silence for {span.name}
          </Button>
          <Button look="quiet" onClick={close}>
            Cancel
          </Button>
        </>
      }
    >
      <form id={form} className="form" onSubmit={(event) => void submit(event)}>
        <fieldset className="alerts-matchers">
          <legend>Alerts with all of these labels</legend>
          {matchers.map((matcher, index) => (
            <div key={index} className="alerts-matcher">
              <Input
                aria-label={`Label ${index + 1}`}
                className="mono"
                value={matcher.name}
                onChange={(event) => change(index, { name: event.target.value })}
              />
              <Select
                aria-label={`Comparison ${index + 1}`}
                value={operatorOf(matcher)}
                onChange={(event) =>
                  change(index, {
                    isEqual: event.target.value.startsWith('='),
                    isRegex: event.target.value.endsWith('~'),
                  })
                }
              >
                {operators.map((operator) => (
                  <option key={operator}>{operator}</option>
                ))}
              </Select>
              <Input
                aria-label={`Value ${index + 1}`}
                className="mono"
                value={matcher.value}
                onChange={(event) => change(index, { value: event.target.value })}
              />
              <IconButton
                icon="trash"
                name={`Remove ${matcherText(matcher)}`}
                disabled={matchers.length === 1}
                onClick={() => setMatchers(matchers.filter((_, at) => at !== index))}
              />
            </div>
          ))}
          <div>
            <Button look="quiet" icon="plus" onClick={() => setMatchers([...matchers, emptyMatcher])}>
              Label
            </Button>
          </div>
        </fieldset>
        <Field label="For">
          {(id) => (
            <Select id={id} value={duration} onChange={(event) => setDuration(Number(event.target.value))}>
              {durations.map(({ name }, index) => (
                <option key={name} value={index}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Why" hint="Whoever wonders why nobody was told will read it." error={error?.message ?? null}>
          {(id, noteId) => (
            <Input
              id={id}
              aria-describedby={noteId}
              data-autofocus
              value={comment}
              onChange={(event) => setComment(event.target.value)}
            />
          )}
        </Field>
        <p role="status">
          {found.length === 0
            ? 'No alert has these labels now: only those that come are kept quiet.'
            : `Keeps ${plural(found.length, 'alert')} quiet now: ${[...new Set(found.map(({ rule }) => rule))].slice(0, 5).join(', ')}.`}{' '}
          They still stand on this page; receivers are not told until it ends.
        </p>
      </form>
    </Panel>
  );
}

const emptyMatcher: SilenceMatcher = { name: '', value: '', isRegex: false, isEqual: true };

const operatorOf = ({ isEqual, isRegex }: SilenceMatcher): string =>
  isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=';

/** Just this alert: all of its labels but the severity, which may change while it fires. */
function matchersOf(alert: AlertNow | undefined): SilenceMatcher[] {
  if (alert === undefined) return [emptyMatcher];
  return Object.entries(alert.labels)
    .filter(([name]) => name !== 'severity')
    .map(([name, value]) => ({ name, value, isRegex: false, isEqual: true }));
}
