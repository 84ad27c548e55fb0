import { type ReactNode, useMemo, useState } from 'react';
import type { LogRecord } from '../../api/types.ts';
import { setParams, useParams } from '../../app/navigation.tsx';
import { zoneSetting } from '../../app/settings.ts';
import { useStore } from '../../app/store.ts';
import { Bytes, Time } from '../../components/numbers.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { copyText } from '../../components/toasts.tsx';
import { formatExact } from '../../format/number.ts';
import { formatTime } from '../../format/time.ts';
import type { TailEntry } from '../../live/tail.ts';
import { previewOf } from '../../panes/record-preview.ts';
import { recordJson } from './record-text.ts';

export interface Row {
  key: string;
  /** Of a live row parsed only when it is seen; null for a gap. */
  record: () => LogRecord | null;
  gap: string | null;
}

const placeOf = (record: LogRecord): string => `${record.partition}:${record.offset}`;
export const toRow = (record: LogRecord): Row => ({ key: placeOf(record), record: () => record, gap: null });
export const toLiveRow = (entry: TailEntry): Row => ({
  key: String(entry.sequence),
  record: entry.gap === null ? entry.record : () => null,
  gap: entry.gap,
});

/** A column over records: a gap has nothing in it. */
function column(
  key: string,
  name: string,
  width: string,
  render: (record: LogRecord) => ReactNode,
  align?: 'right',
): Column<Row> {
  const own = (row: Row): ReactNode => {
    const record = row.record();
    return record && render(record);
  };
  return { key, name, width, render: own, ...(align ? { align } : {}) };
}

const sizeOf = (record: LogRecord): number => (record.value?.sizeBytes ?? 0) + (record.key?.sizeBytes ?? 0);

const columnsFor = (timeWidth: string): Column<Row>[] => [
  column('partition', 'Partition', '84px', (record) => <span className="mono">{record.partition}</span>, 'right'),
  column('offset', 'Offset', '104px', (record) => <span className="mono">{formatExact(record.offset)}</span>, 'right'),
  column('time', 'Time', timeWidth, (record) => <Time atMs={record.timestamp} />),
  column('key', 'Key', 'minmax(90px, 170px)', (record) => <Preview data={record.key} whenNull="no key" />),
  {
    key: 'value',
    name: 'Value',
    width: 'minmax(260px, 1fr)',
    render: (row) => {
      const record = row.record();
      return record ? (
        <Preview data={record.value} whenNull="tombstone" />
      ) : (
        <span className="message-gap">{row.gap}</span>
      );
    },
  },
  column('size', 'Size', '84px', (record) => <Bytes value={sizeOf(record)} />, 'right'),
];

function Preview({ data, whenNull }: { data: LogRecord['key']; whenNull: string }): ReactNode {
  const { text, isPlain } = previewOf(data, whenNull);
  return <span className={`mono truncate message-value ${isPlain ? '' : 'muted'}`}>{text}</span>;
}

interface MessageTableProps {
  rows: readonly Row[];
  isBusy: boolean;
  empty: ReactNode;
  onScrolledAway?: (isAway: boolean) => void;
}

export function MessageTable({ rows, isBusy, empty, onScrolledAway }: MessageTableProps): ReactNode {
  const open = useParams().get('record');
  // The row that was opened here, by its key; a link from elsewhere names the record, which is the key on a page.
  const [opened, setOpened] = useState<{ place: string; key: string } | null>(null);
  const openKey = open !== null && opened?.place === open ? opened.key : open;
  const zone = useStore(zoneSetting);
  // A time says its date only when it is another day's: see formatTime. The oldest row decides.
  const oldest = rows.at(-1)?.record()?.timestamp;
  const newest = rows[0]?.record()?.timestamp;
  const timeWidth = useMemo(() => {
    const now = Date.now();
    const isToday = [oldest, newest].every((at) => at === undefined || formatTime(at, zone, now).length <= 12);
    return isToday ? '116px' : '192px';
  }, [oldest, newest, zone]);
  const columns = useMemo(() => columnsFor(timeWidth), [timeWidth]);
  const openRow = (row: Row): void => {
    const record = row.record();
    if (!record) return;
    setOpened({ place: placeOf(record), key: row.key });
    setParams({ record: placeOf(record), panel: null }, { replace: open !== null });
  };
  const copyRow = (row: Row): void => {
    const record = row.record();
    if (record) void copyText(recordJson(record), 'Record');
  };
  return (
    <Table
      label="Messages"
      rows={rows}
      columns={columns}
      rowKey={keyOfRow}
      rowHeight={32}
      openKey={openKey}
      onOpen={openRow}
      onCopy={copyRow}
      isMain
      isBusy={isBusy}
      minWidth={820}
      empty={empty}
      {...(onScrolledAway ? { onScrolledAway } : {})}
    />
  );
}

const keyOfRow = (row: Row): string => row.key;
