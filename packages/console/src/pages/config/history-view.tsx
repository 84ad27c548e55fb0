import { type ReactNode, useEffect } from 'react';
import type { ConfigHistory, ConfigKeyChange } from '../../api/config.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { Empty, Failure, Loading } from '../../components/notice.tsx';
import { Age } from '../../components/numbers.tsx';

const signs: Record<ConfigKeyChange['kind'], string> = { added: '+', changed: '±', removed: '−' };
const most = 12;

/** Who changed which keys, the newest first. */
export function HistoryView(props: { application: string; label: string; turn: number }): ReactNode {
  const { application, label, turn } = props;
  const query = new URLSearchParams({ limit: '100', ...(label === '' ? {} : { label }) });
  if (application !== 'application') query.set('application', application);
  const { data, error, reload } = useFetch<ConfigHistory>(`/api/config/api/history?${query}`);
  useEffect(() => {
    if (turn > 0) reload();
  }, [turn, reload]);
  if (data === null) {
    return error ? (
      <Failure error={error} title="The history cannot be shown" onRetry={reload} />
    ) : (
      <Loading rows={6} />
    );
  }
  if (data.entries.length === 0) {
    return (
      <Empty title="Nothing has changed yet">
        <p>
          Saved files are listed from when the server started; in a git repository every commit is, with its author and
          message.
        </p>
      </Empty>
    );
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls can be reached by keyboard.
    <section className="config-scroll" aria-label="History" tabIndex={0}>
      <ol className="config-history">
        {data.entries.map((entry, index) => (
          <li key={entry.version ?? `${entry.timestampMs}-${index}`}>
            <p className="config-entry-head">
              <strong>{entry.message?.split('\n')[0] ?? 'Saved, not committed'}</strong>
              <span className="muted">
                {entry.author !== null && `${entry.author.replace(/ <.*>$/, '')} · `}
                <Age atMs={entry.timestampMs} suffix=" ago" />
                {entry.version !== null && <span className="mono"> · {entry.version.slice(0, 8)}</span>}
              </span>
            </p>
            {entry.files.map((file) => (
              <div key={file.path} className="config-file">
                <span>
                  {file.path} {file.kind !== 'changed' && <span className="muted">{file.kind}</span>}
                </span>
                <ul className="config-keys">
                  {(file.keys ?? []).slice(0, most).map(({ key, kind }) => (
                    <li key={key} className="mono" title={`${key} was ${kind}`}>
                      <span className={`config-${kind}`}>
                        <span aria-hidden="true">{signs[kind]} </span>
                        <span className="visually-hidden">{kind} </span>
                      </span>
                      {key}
                    </li>
                  ))}
                  {(file.keys?.length ?? 0) > most && <li className="muted">and {file.keys!.length - most} more</li>}
                </ul>
              </div>
            ))}
          </li>
        ))}
      </ol>
      {data.next !== null && (
        <p className="config-more muted">Older commits: GET /api/config/api/history?before={data.next}</p>
      )}
    </section>
  );
}
