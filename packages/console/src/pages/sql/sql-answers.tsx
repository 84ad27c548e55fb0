import type { ReactNode } from 'react';
import type { SqlEntity } from '../../api/sql.ts';
import { JsonView } from '../../components/json-view.tsx';
import { State } from '../../components/state.tsx';

/** What `/ksql` told: words, lists as tables, plans as text, and anything else as it is. */
export function SqlAnswers({ entities }: { entities: readonly SqlEntity[] }): ReactNode {
  if (entities.length === 0) return <p className="sql-told muted">Done.</p>;
  return entities.map((entity, index) => (
    <div key={index} className="sql-told">
      <Answer entity={entity} />
    </div>
  ));
}

function Answer({ entity }: { entity: SqlEntity }): ReactNode {
  const { '@type': type } = entity;
  if (type === 'currentStatus') {
    const { message, status } = entity['commandStatus'] as { message: string; status: string };
    return <State health={status === 'ERROR' ? 'bad' : 'good'}>{message}</State>;
  }
  if (type === 'queryDescription') return <Explained description={entity['queryDescription'] as Description} />;
  const { '@type': _type, statementText: _text, warnings: _warnings, ...rest } = entity;
  const lists = Object.values(rest).filter((value) => Array.isArray(value) && isLines(value));
  if (lists.length === 1) return <Lines label={type} lines={lists[0] as Line[]} />;
  return <JsonView text={JSON.stringify(rest, null, 2)} label={type} />;
}

type Line = Record<string, unknown>;

function isLines(list: unknown[]): boolean {
  return list.length > 0 && list.every((each) => each !== null && typeof each === 'object' && !Array.isArray(each));
}

function Lines({ label, lines }: { label: string; lines: readonly Line[] }): ReactNode {
  const names = Object.keys(lines[0]!).filter((name) => name !== 'rewind');
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section className="sql-lines" tabIndex={0} aria-label={label}>
      <table>
        <thead>
          <tr>
            {names.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map((line, index) => (
            <tr key={index}>
              {names.map((name) => (
                <td key={name}>{textOf(line[name])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

interface Description {
  id: string;
  statementText: string;
  sources: string[];
  sinks: string[];
  executionPlan: string;
  topology: string;
  state: string | null;
}

function Explained({ description }: { description: Description }): ReactNode {
  const { executionPlan, id, sinks, sources, state, statementText, topology } = description;
  return (
    <div className="sql-explained">
      <p>
        <strong className="mono">{id}</strong> {state !== null && <span className="muted">{state}</span>} reads{' '}
        <span className="mono">{sources.join(', ')}</span>
        {sinks.length > 0 && (
          <>
            , writes <span className="mono">{sinks.join(', ')}</span>
          </>
        )}
      </p>
      <Text title="Statement" text={statementText} />
      <Text title="Plan" text={executionPlan} />
      <Text title="Topology" text={topology} />
    </div>
  );
}

function Text({ title, text }: { title: string; text: string }): ReactNode {
  if (text === '') return null;
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <pre tabIndex={0}>{text}</pre>
    </section>
  );
}
