import { type ReactNode, useMemo } from 'react';
import { Marked } from '../../components/marked.tsx';
import { Time } from '../../components/numbers.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { copyText } from '../../components/toasts.tsx';
import { markTerms } from '../../format/highlight.ts';
import { formatBytes } from '../../format/number.ts';
import { type LogLine, valuesOf } from '../../logs/log-line.ts';
import { cutText, visibleText } from '../../logs/safe-text.ts';
import { Level, LevelIcon } from './level-icon.tsx';

const messageMax = 600;

/** A row of the table: a line, or what was left out between two. */
export interface LogRow {
  key: string;
  line: () => LogLine | null;
  gap: string | null;
}

export const toLogRow = (line: LogLine): LogRow => ({ key: line.id, line: () => line, gap: null });

interface LogTableProps {
  rows: readonly LogRow[];
  columns: readonly string[];
  terms: readonly string[];
  openId: string | null;
  isNarrow: boolean;
  isBusy: boolean;
  empty: ReactNode;
  onOpen: (line: LogLine) => void;
  onScrolledAway?: (isAway: boolean) => void;
}

export function LogTable(props: LogTableProps): ReactNode {
  const { rows, columns, terms, openId, isNarrow, isBusy, empty, onOpen, onScrolledAway } = props;
  const termsKey = terms.join('\n');
  const columnsKey = columns.join('\n');
  const tableColumns = useMemo(
    () => (isNarrow ? narrowColumns(terms) : wideColumns(columns, terms)),
    [columnsKey, termsKey, isNarrow],
  );
  return (
    <Table
      label="Log lines"
      rows={rows}
      columns={tableColumns}
      rowKey={keyOf}
      openKey={openId}
      onOpen={(row) => {
        const line = row.line();
        if (line) onOpen(line);
      }}
      onCopy={(row) => {
        const line = row.line();
        if (line) void copyText(lineJson(line), 'Line');
      }}
      isMain
      isBusy={isBusy}
      rowHeight={isNarrow ? 50 : 28}
      minWidth={isNarrow ? 0 : 560 + columns.length * 150}
      empty={empty}
      {...(onScrolledAway && { onScrolledAway })}
    />
  );
}

const keyOf = (row: LogRow): string => row.key;

export const lineJson = (line: LogLine): string =>
  JSON.stringify({
    timestampMs: line.atMs,
    ...line.fields,
    message: line.message,
    attributes: line.attributes,
    record: line.record,
  });

function ofLine(render: (line: LogLine) => ReactNode): (row: LogRow) => ReactNode {
  return (row) => {
    const line = row.line();
    return line ? render(line) : null;
  };
}

function wideColumns(columns: readonly string[], terms: readonly string[]): Column<LogRow>[] {
  return [
    { key: 'time', name: 'Time', width: '112px', render: ofLine((line) => <Time atMs={line.atMs} />) },
    { key: 'level', name: 'Level', width: '78px', render: ofLine((line) => <Level level={line.level} />) },
    {
      key: 'service',
      name: 'Service',
      width: '128px',
      render: ofLine((line) => <span className="truncate">{visibleText(line.fields['service'] ?? '–')}</span>),
    },
    ...columns.map(
      (field): Column<LogRow> => ({
        key: `field-${field}`,
        name: field,
        width: '150px',
        render: ofLine((line) => (
          <span className="truncate mono muted" title={visibleText(valuesOf(line, field).join(', '))}>
            {visibleText(valuesOf(line, field).join(', '))}
          </span>
        )),
      }),
    ),
    {
      key: 'message',
      name: 'Message',
      width: 'minmax(280px, 1fr)',
      render: (row) => <Message row={row} terms={terms} />,
    },
  ];
}

function narrowColumns(terms: readonly string[]): Column<LogRow>[] {
  return [
    {
      key: 'line',
      name: 'Line',
      width: 'minmax(0, 1fr)',
      render: (row) => {
        const line = row.line();
        return (
          <span className="log-narrow">
            {line && (
              <span className="log-narrow-head">
                <LevelIcon level={line.level} />
                <span className="muted">{line.level}</span>
                <Time atMs={line.atMs} />
                <span className="truncate">{visibleText(line.fields['service'] ?? '')}</span>
              </span>
            )}
            <Message row={row} terms={terms} />
          </span>
        );
      },
    },
  ];
}

function Message({ row, terms }: { row: LogRow; terms: readonly string[] }): ReactNode {
  const line = row.line();
  if (!line) return <span className="muted truncate">{row.gap}</span>;
  const { text, leftOut } = cutText(line.message, messageMax);
  return (
    <>
      <span className="mono truncate log-message">
        <Marked segments={markTerms(visibleText(text), terms)} />
      </span>
      {leftOut > 0 && <span className="badge">{formatBytes(line.message.length)}</span>}
      {line.fields['stack'] !== undefined && <span className="badge">stack</span>}
    </>
  );
}
