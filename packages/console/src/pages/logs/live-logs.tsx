import { type ReactNode, useMemo, useState } from 'react';
import { logTopic } from '../../api/logs.ts';
import { Spring } from '../../app/page.tsx';
import { Button } from '../../components/controls.tsx';
import { Empty, Failure, Loading } from '../../components/notice.tsx';
import { Rate } from '../../components/numbers.tsx';
import { copyText } from '../../components/toasts.tsx';
import { formatExact } from '../../format/number.ts';
import type { TailEntry } from '../../live/tail.ts';
import { type LogLine, readLogLine } from '../../logs/log-line.ts';
import { lineMatcher } from '../../logs/log-query.ts';
import { useTail } from '../../panes/use-tail.ts';
import { consumeCurl, tailPath } from '../../url/message-query.ts';
import { type LogRow, LogTable } from './log-table.tsx';
import { TeachLogs } from './teach-logs.tsx';

const capacity = 5000;

/** Lines as they are written: what is here is filtered without asking again, and stands still while one reads. */
export function LiveLogs({
  query,
  columns,
  terms,
  openId,
  isNarrow,
  onOpen,
}: {
  query: string;
  columns: readonly string[];
  terms: readonly string[];
  openId: string | null;
  isNarrow: boolean;
  onOpen: (line: LogLine) => void;
}): ReactNode {
  const path = tailPath(logTopic, { partition: null, contains: '' });
  const tail = useTail(path, { capacity, shown: capacity });
  const [isHeldByButton, setHeldByButton] = useState(false);
  const matcher = useMemo(() => lineMatcher(query), [query]);
  const rows = useMemo(
    () => tail.entries.map(toRow).filter((row) => row.gap !== null || matcher === null || isWanted(row, matcher)),
    [tail.entries, matcher],
  );
  const letGo = (): void => {
    setHeldByButton(false);
    tail.setHeld(false);
    document.querySelector('.logs .table')?.scrollTo({ top: 0 });
  };
  return (
    <>
      <div className="logs-status">
        <Button
          icon={isHeldByButton ? 'play' : 'pause'}
          onClick={() => {
            if (isHeldByButton) return letGo();
            setHeldByButton(true);
            tail.setHeld(true);
          }}
        >
          {isHeldByButton ? 'Resume' : 'Pause'}
        </Button>
        <Button look="quiet" onClick={tail.clear}>
          Clear
        </Button>
        {tail.isHeld && tail.newCount > 0 && (
          <Button look="primary" icon="arrowUp" onClick={letGo}>
            {`${formatExact(tail.newCount)} new`}
          </Button>
        )}
        <Rate value={Math.round(tail.perSecond * 10) / 10} unit=" lines/s" />
        <span>
          {matcher === null
            ? 'All are shown: OR, brackets, ranges and wildcards are understood by the store only'
            : rows.length < tail.entries.length &&
              `${formatExact(rows.length)} of ${formatExact(tail.entries.length)} fit`}
        </span>
        {(tail.status?.droppedRecords ?? 0) > 0 && (
          <span>
            {formatExact(tail.status?.droppedRecords ?? 0)} left out: this page reads too slowly; they are in the topic
          </span>
        )}
        <span className="visually-hidden" role="status">
          {tail.isHeld ? `Paused, ${tail.newCount} new` : ''}
        </span>
        <Spring />
        <span className="muted logs-promise">The newest {formatExact(capacity)} are kept.</span>
        <Button
          look="quiet"
          icon="copy"
          onClick={() => void copyText(consumeCurl(location.origin, path, true), 'Command')}
        >
          curl
        </Button>
      </div>
      <LogTable
        rows={rows}
        columns={columns}
        terms={terms}
        openId={openId}
        isNarrow={isNarrow}
        isBusy={tail.state.kind === 'connecting'}
        onOpen={onOpen}
        onScrolledAway={(isAway) => {
          if (!isHeldByButton) tail.setHeld(isAway);
        }}
        empty={
          tail.state.kind === 'error' && tail.state.status !== 404 ? (
            <Failure
              title="The live tail failed"
              error={{ message: tail.state.message, code: 'retrying by itself', status: tail.state.status }}
            />
          ) : tail.state.kind === 'connecting' ? (
            <Loading rows={10} label="Connecting to the topic" />
          ) : tail.entries.length > 0 ? (
            <Empty title="None of the lines here fits">
              <p>{formatExact(tail.entries.length)} have come since. The next that fits is shown.</p>
            </Empty>
          ) : (
            <TeachLogs title="Waiting for the next line" />
          )
        }
      />
    </>
  );
}

/** A row keeps its line once it has been read. */
const rowOf = new WeakMap<TailEntry, LogRow>();

function toRow(entry: TailEntry): LogRow {
  let row = rowOf.get(entry);
  if (!row) {
    let line: LogLine | null = null;
    row =
      entry.gap === null
        ? { key: `live-${entry.sequence}`, gap: null, line: () => (line ??= lineOf(entry)) }
        : { key: `live-${entry.sequence}`, gap: entry.gap, line: () => null };
    rowOf.set(entry, row);
  }
  return row;
}

function lineOf(entry: TailEntry): LogLine {
  const { topic, partition, offset, value, timestamp } = entry.record();
  const text = value?.text ?? '';
  let parsed: unknown = { message: text, timestampMs: timestamp };
  try {
    parsed = JSON.parse(text);
  } catch {
    // No JSON: the value is the message.
  }
  return readLogLine(`${topic}-${partition}-${offset}`, parsed);
}

const isWanted = (row: LogRow, matcher: (line: LogLine) => boolean): boolean => {
  const line = row.line();
  return line !== null && matcher(line);
};
