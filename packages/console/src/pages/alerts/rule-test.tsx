import { type ReactNode, useState } from 'react';
import { alertTestPath, type PastTest } from '../../api/alerts.ts';
import { ApiError } from '../../api/api-error.ts';
import { send } from '../../api/http.ts';
import { Button, Select } from '../../components/controls.tsx';
import { Time } from '../../components/numbers.tsx';
import { formatExact, plural } from '../../format/number.ts';
import { formatDuration } from '../../format/time.ts';
import { summaryOf, valueText } from './alert-words.ts';

const spans = [
  { name: 'the last hour', ms: 3_600_000 },
  { name: 'the last day', ms: 86_400_000 },
  { name: 'the last 7 days', ms: 7 * 86_400_000 },
] as const;
const shownMax = 50;

/** Runs a rule on what the log still has; nobody is told. */
export function RuleTest({ rule }: { rule: string | { yaml: string } }): ReactNode {
  const [span, setSpan] = useState(1);
  const [result, setResult] = useState<PastTest | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const run = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const asked = typeof rule === 'string' ? { rule } : rule;
      const toMs = Date.now();
      const fromMs = toMs - (spans[span] ?? spans[1]).ms;
      setResult(JSON.parse(await send('POST', alertTestPath, JSON.stringify({ ...asked, fromMs, toMs }))) as PastTest);
    } catch (failure) {
      setResult(null);
      setError(failure instanceof ApiError ? failure : new ApiError(-1, 'HW_CONSOLE_BUG', String(failure)));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <div className="alerts-test">
        <Select aria-label="Tried on" value={span} onChange={(event) => setSpan(Number(event.target.value))}>
          {spans.map(({ name }, index) => (
            <option key={name} value={index}>
              {name}
            </option>
          ))}
        </Select>
        <Button disabled={isBusy} onClick={() => void run()}>
          {isBusy ? 'Reading the log' : 'Test on past data'}
        </Button>
      </div>
      {error && (
        <p className="field-error" role="alert">
          {error.message}
        </p>
      )}
      {result && (
        <div role="status">
          <p>
            {result.alerts.length === 0
              ? 'It would not have fired'
              : `It would have fired ${result.alerts.length === 1 ? 'once' : `${formatExact(result.alerts.length)} times`}`}{' '}
            <span className="muted">
              ({plural(result.records, 'record')} read
              {result.isComplete ? '' : '; there were more, the newest are missing'})
            </span>
          </p>
          {result.missingTopics.length > 0 && (
            <p className="alerts-error">There is no topic {result.missingTopics.join(', ')}: is the name right?</p>
          )}
          <ul className="alerts-list">
            {result.alerts.slice(-shownMax).map((alert) => (
              <li key={`${alert.firedMs} ${JSON.stringify(alert.labels)}`}>
                <span>
                  <Time atMs={alert.firedMs} />{' '}
                  <span className="muted">
                    {alert.endsMs === null ? 'not ended' : `for ${formatDuration(alert.endsMs - alert.firedMs)}`}, at{' '}
                    {valueText(alert.value)}
                  </span>
                </span>
                <span>{summaryOf(alert)}</span>
              </li>
            ))}
          </ul>
          {result.alerts.length > shownMax && <p className="muted">The newest {shownMax} are shown.</p>}
        </div>
      )}
    </>
  );
}
