import { type ReactNode, useMemo } from 'react';
import { IconButton } from '../../components/controls.tsx';
import { Icon } from '../../components/icons.tsx';
import { plural } from '../../format/number.ts';
import { type LogLine, listedFields, topValues } from '../../logs/log-line.ts';
import { clauseState, withClause } from '../../logs/log-query.ts';
import { visibleText } from '../../logs/safe-text.ts';
import { LevelIcon } from './level-icon.tsx';

/** The fields that lines have, with their commonest values: a click asks for one, another leaves it out. */
export function FieldList({
  lines,
  query,
  columns,
  onQuery,
  onColumns,
}: {
  lines: readonly LogLine[];
  query: string;
  columns: readonly string[];
  onQuery: (query: string) => void;
  onColumns: (columns: readonly string[]) => void;
}): ReactNode {
  const fields = useMemo(
    () =>
      listedFields
        .map((field) => ({ field, values: topValues(lines, field) }))
        .filter(
          ({ field, values }) =>
            values.length > 1 || (values.length === 1 && (field === 'level' || field === 'service')),
        ),
    [lines],
  );
  return (
    <aside className="log-fields" aria-label="Fields">
      <p className="log-fields-note">{`In the ${plural(lines.length, 'line')} here`}</p>
      {fields.map(({ field, values }) => (
        <section key={field}>
          <h2>
            {field === 'labels' ? 'attributes' : field}
            {field !== 'level' && field !== 'service' && field !== 'labels' && (
              <IconButton
                icon="table"
                className="log-field-tool"
                name={columns.includes(field) ? `Take the column ${field} away` : `Show ${field} as a column`}
                aria-pressed={columns.includes(field)}
                onClick={() =>
                  onColumns(columns.includes(field) ? columns.filter((other) => other !== field) : [...columns, field])
                }
              />
            )}
          </h2>
          <ul>
            {values.map(({ value, count }) => {
              const state = clauseState(query, field, value);
              return (
                <li key={value} className={state === null ? '' : `log-value-${state}`}>
                  <button
                    type="button"
                    className="log-value"
                    aria-pressed={state === 'in'}
                    title={`Only ${field}:${visibleText(value)}`}
                    onClick={() => onQuery(withClause(query, field, value, false))}
                  >
                    <span
                      className="log-value-bar"
                      style={{ width: `${(count / Math.max(1, lines.length)) * 100}%` }}
                    />
                    {field === 'level' && <LevelIcon level={value as LogLine['level']} />}
                    <span className="truncate">{visibleText(value)}</span>
                    <span className="muted mono">{count}</span>
                  </button>
                  <button
                    type="button"
                    className="log-value-not"
                    aria-pressed={state === 'out'}
                    aria-label={`Without ${field} ${visibleText(value)}`}
                    title={`Without ${field}:${visibleText(value)}`}
                    onClick={() => onQuery(withClause(query, field, value, true))}
                  >
                    <Icon name="minus" size={12} />
                  </button>
                </li>
              );
            })}
          </ul>
        </section>
      ))}
    </aside>
  );
}
