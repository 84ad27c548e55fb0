import { type ReactNode, useMemo } from 'react';
import type { ApiError } from '../../api/api-error.ts';
import { setParams } from '../../app/navigation.tsx';
import { Spring } from '../../app/page.tsx';
import { Button } from '../../components/controls.tsx';
import { Empty, Failure, Loading } from '../../components/notice.tsx';
import { Rate } from '../../components/numbers.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { copyText } from '../../components/toasts.tsx';
import { formatExact, plural } from '../../format/number.ts';
import { followParam } from '../../url/follow.ts';
import { SqlAnswers } from './sql-answers.tsx';
import { sourcesNamed } from './statement-at.ts';
import { rowsKept, type SqlRow, type SqlRun } from './use-sql-run.ts';

/** What a statement gave: rows as they come, or what the server told. */
export function SqlResults({ run, onStop }: { run: SqlRun; onStop(): void }): ReactNode {
  const columns = useMemo(() => columnsOf(run.head?.columnNames ?? [], run.head?.columnTypes ?? []), [run.head]);
  const followed = followRow(run);
  return (
    <>
      <div className="sql-status">
        <span role="status">{statusOf(run)}</span>
        {run.state === 'running' && run.head !== null && <Rate value={Math.round(run.perSecond * 10) / 10} />}
        <Spring />
        {run.state === 'running' && (
          <Button icon="stop" onClick={onStop}>
            Stop
          </Button>
        )}
        <Button look="quiet" icon="copy" onClick={() => void copyText(curlOf(run), 'Command')}>
          curl
        </Button>
      </div>
      {run.error !== null ? (
        <Failure title="The statement failed" error={run.error}>
          {placeOf(run.error)}
        </Failure>
      ) : run.entities !== null ? (
        <div className="sql-answers">
          <SqlAnswers entities={run.entities} />
        </div>
      ) : run.head === null ? (
        run.state === 'running' && <Loading rows={6} label="Waiting for the server" />
      ) : (
        <Table
          label="Rows"
          rows={run.rows}
          columns={columns}
          rowKey={keyOf}
          {...(followed && { onOpen: followed })}
          onCopy={(row) => void copyText(row.cells.join('\t'), 'Row')}
          isMain
          rowHeight={30}
          minWidth={Math.max(480, 64 + 188 * (columns.length - 1))}
          empty={
            <Empty title={run.state === 'running' ? 'Waiting for the first row' : 'No row fits'}>
              {run.state === 'running' && (
                <p>Rows that were there before come when it reads “All from the beginning”.</p>
              )}
            </Empty>
          }
        />
      )}
    </>
  );
}

const keyOf = (row: SqlRow): string => String(row.number);

function columnsOf(names: readonly string[], types: readonly string[]): Column<SqlRow>[] {
  const number: Column<SqlRow> = {
    key: '#',
    name: 'Row number',
    isNameHidden: true,
    width: '64px',
    align: 'right',
    render: (row) => <span className="muted mono">{formatExact(row.number)}</span>,
  };
  const isNumber = (type: string | undefined): boolean => /^(?:INTEGER|BIGINT|DOUBLE|DECIMAL)/.test(type ?? '');
  return [
    number,
    ...names.map(
      (name, index): Column<SqlRow> => ({
        key: `${index}`,
        name,
        // A BIGINT is always shown whole: 19 digits and a sign.
        width: isNumber(types[index]) ? 'minmax(188px, 1fr)' : 'minmax(160px, 3fr)',
        ...(isNumber(types[index]) && { align: 'right' as const }),
        render: ({ cells }) => (
          <span className={`mono truncate ${cells[index] === 'null' ? 'muted' : ''}`} title={cells[index]}>
            {cells[index]}
          </span>
        ),
      }),
    ),
  ];
}

function placeOf({ position }: ApiError): ReactNode {
  return position && <p className="muted">{`Line ${position.line}, column ${position.column}.`}</p>;
}

function statusOf({ entities, rowsTotal, state, tookMs }: SqlRun): string {
  const rows = plural(rowsTotal, 'row');
  const kept = rowsTotal > rowsKept ? `, the newest ${formatExact(rowsKept)} are kept` : '';
  const took = tookMs === null ? '' : ` in ${formatExact(tookMs)} ms`;
  switch (state) {
    case 'running':
      return `Running: ${rows}${kept}`;
    case 'stopped':
      return `Stopped after ${rows}${kept}`;
    case 'failed':
      return `Failed${took}`;
    default:
      return entities === null ? `${rows}${kept}${took}` : `Done${took}`;
  }
}

function curlOf({ statement }: SqlRun): string {
  const isQuery = /^\s*SELECT\b/i.test(statement);
  const body = JSON.stringify(isQuery ? { sql: `${statement};` } : { ksql: `${statement};` });
  const path = isQuery ? 'query-stream' : 'ksql';
  return `curl -N -H 'content-type: application/json' -d '${body.replaceAll("'", `'\\''`)}' '${location.origin}/api/sql/${path}'`;
}

/** A row of one table or stream leads to what belongs to it: its key is the first column where all are asked for. */
function followRow({ statement }: SqlRun): ((row: SqlRow) => void) | null {
  const [table, ...others] = sourcesNamed(statement);
  if (table === undefined || others.length > 0 || !/^\s*SELECT\s+\*/i.test(statement)) return null;
  return ({ cells }) => {
    const [key = ''] = cells;
    if (key !== '' && key !== 'null') setParams({ follow: followParam({ kind: 'row', table, key }) });
  };
}
