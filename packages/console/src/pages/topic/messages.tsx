import { type ReactNode, useMemo, useState } from 'react';
import type { ConsumePage, LogRecord } from '../../api/types.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { setParams, useParams } from '../../app/navigation.tsx';
import { Spring, Toolbar } from '../../app/page.tsx';
import { zoneSetting } from '../../app/settings.ts';
import { useStore } from '../../app/store.ts';
import { Button, IconButton, Input, SearchBox, Select } from '../../components/controls.tsx';
import { Command, Empty, Failure, Loading } from '../../components/notice.tsx';
import { Bytes, Rate, Time, useSettled } from '../../components/numbers.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { copyText } from '../../components/toasts.tsx';
import { formatExact, plural } from '../../format/number.ts';
import { formatTime } from '../../format/time.ts';
import type { TailEntry } from '../../live/tail.ts';
import { previewOf } from '../../panes/record-preview.ts';
import { useTail } from '../../panes/use-tail.ts';
import {
  consumeCurl,
  consumePath,
  hasMoreRecords,
  type MessageQuery,
  messageLimits,
  messageQueryParams,
  readMessageQuery,
  relativeTimes,
  tailPath,
} from '../../url/message-query.ts';
import { recordJson, recordsCsv } from './record-text.ts';

const starts: Record<MessageQuery['start'], string> = {
  newest: 'Newest first',
  oldest: 'Oldest first',
  offset: 'From offset',
  time: 'From time',
  last: 'Last n of each partition',
};

interface Row {
  key: string;
  /** Of a live row parsed only when it is seen; null for a gap. */
  record: () => LogRecord | null;
  gap: string | null;
}

/** The message browser: a page of the log, or the log as it grows. All of what it shows is in the URL. */
export function Messages({ topic, partitions }: { topic: string; partitions: number | null }): ReactNode {
  const params = useParams();
  const query = readMessageQuery(params);
  const change = (changes: Partial<MessageQuery>, options?: { replace?: boolean }): void =>
    setParams({ ...messageQueryParams({ ...query, ...changes }), cursor: null }, options);
  const startFrom = (start: MessageQuery['start']): void =>
    // An offset is a place in one partition.
    change({
      start,
      at: start === 'time' ? '-5m' : '',
      ...(start === 'offset' ? { partition: query.partition ?? 0 } : {}),
    });
  return (
    <div className="messages">
      <Toolbar>
        <Select
          aria-label="Partition"
          value={query.partition ?? ''}
          onChange={(event) => change({ partition: event.target.value === '' ? null : Number(event.target.value) })}
        >
          <option value="">All partitions</option>
          {Array.from({ length: Math.max(partitions ?? 0, (query.partition ?? -1) + 1) }, (_, partition) => (
            <option key={partition} value={partition}>
              Partition {partition}
            </option>
          ))}
        </Select>
        {!query.isLive && (
          <>
            <Select
              aria-label="Where to start"
              value={query.start}
              onChange={(event) => startFrom(event.target.value as MessageQuery['start'])}
            >
              {Object.entries(starts).map(([value, name]) => (
                <option key={value} value={value}>
                  {name}
                </option>
              ))}
            </Select>
            <StartInput query={query} onChange={(at) => change({ at }, { replace: true })} />
          </>
        )}
        <SearchBox
          label="Contains text"
          value={query.contains}
          isPageFilter
          onChange={(contains) => change({ contains }, { replace: true })}
        />
        {!query.isLive && (
          <Select
            aria-label="Records a page"
            value={query.limit}
            onChange={(event) => change({ limit: Number(event.target.value) })}
          >
            {[...new Set([...messageLimits, query.limit])]
              .sort((a, b) => a - b)
              .map((limit) => (
                <option key={limit} value={limit}>
                  {formatExact(limit)} records
                </option>
              ))}
          </Select>
        )}
        <Spring />
        <Button
          icon="live"
          className="messages-live"
          aria-pressed={query.isLive}
          onClick={() => change({ isLive: !query.isLive })}
        >
          Live tail
        </Button>
      </Toolbar>
      {query.isLive ? <LiveMessages topic={topic} query={query} /> : <MessagePage topic={topic} query={query} />}
    </div>
  );
}

function StartInput({ query, onChange }: { query: MessageQuery; onChange: (at: string) => void }): ReactNode {
  if (query.start === 'offset') {
    return (
      <Input
        aria-label="Offset"
        className="mono"
        type="number"
        min={0}
        placeholder="0"
        value={query.at}
        onChange={(event) => onChange(event.target.value)}
      />
    );
  }
  if (query.start === 'last') {
    return (
      <Input
        aria-label="Records of each partition"
        type="number"
        min={1}
        max={10_000}
        placeholder="10"
        value={query.at}
        onChange={(event) => onChange(event.target.value)}
      />
    );
  }
  return query.start === 'time' ? <TimeInput at={query.at} onChange={onChange} /> : null;
}

/** A time before now by choice, or one of the calendar. */
function TimeInput({ at, onChange }: { at: string; onChange: (at: string) => void }): ReactNode {
  const isRelative = at.startsWith('-');
  return (
    <>
      <Select
        aria-label="From when"
        value={isRelative ? at : ''}
        onChange={(event) => onChange(event.target.value === '' ? new Date().toISOString() : event.target.value)}
      >
        {relativeTimes.map(({ value, name }) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
        {isRelative && !relativeTimes.some(({ value }) => value === at) && <option>{at}</option>}
        <option value="">A date and time</option>
      </Select>
      {!isRelative && (
        <Input
          aria-label="Time, local"
          type="datetime-local"
          step={1}
          value={toLocalInput(at)}
          onChange={(event) => event.target.value !== '' && onChange(new Date(event.target.value).toISOString())}
        />
      )}
    </>
  );
}

function toLocalInput(iso: string): string {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return '';
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function MessagePage({ topic, query }: { topic: string; query: MessageQuery }): ReactNode {
  const params = useParams();
  const cursor = params.get('cursor') ?? undefined;
  const settled = useSettled(JSON.stringify(query));
  // "An hour ago" is an hour before the question, not before each picture of the page.
  const path = useMemo(
    () => consumePath(topic, JSON.parse(settled) as MessageQuery, Date.now(), cursor),
    [topic, settled, cursor],
  );
  const { data, error, isLoading, reload } = useFetch<ConsumePage>(path);
  const rows = useMemo(() => (data?.records ?? []).map(toRow), [data]);
  if (error && !data) return <Failure title="The messages did not come" error={error} onRetry={reload} />;
  if (!data) return <Loading rows={12} />;
  const isBackward = query.start === 'newest';
  const hasMore = hasMoreRecords(data, isBackward);
  return (
    <>
      <MessageTable
        rows={rows}
        isBusy={isLoading}
        empty={<NoMessages topic={topic} query={query} scanned={data.scannedRecords} hasMore={hasMore} />}
      />
      <div className="messages-note">
        <span role="status">
          {plural(data.records.length, 'record')}
          {query.contains !== '' && `, ${formatExact(data.scannedRecords)} looked at`}
        </span>
        <span className="messages-promise">Read without joining a group; nothing is committed.</span>
        <Spring />
        <Button
          look="quiet"
          icon="copy"
          onClick={() => void copyText(recordsText(data.records), plural(data.records.length, 'record'))}
        >
          JSON
        </Button>
        <Button
          look="quiet"
          icon="copy"
          onClick={() => void copyText(recordsCsv(data.records), plural(data.records.length, 'row'))}
        >
          CSV
        </Button>
        <Button look="quiet" icon="copy" onClick={() => void copyText(consumeCurl(location.origin, path), 'Command')}>
          curl
        </Button>
        <IconButton icon="refresh" name="Read again" onClick={reload} />
        <Button
          disabled={!hasMore}
          onClick={() => setParams({ cursor: isBackward ? data.previousCursor : data.cursor })}
        >
          {data.records.length === 0 ? 'Look further' : isBackward ? 'Older records' : 'Next records'}
        </Button>
      </div>
    </>
  );
}

const recordsText = (records: readonly LogRecord[]): string => `[\n${records.map(recordJson).join(',\n')}\n]`;

function LiveMessages({ topic, query }: { topic: string; query: MessageQuery }): ReactNode {
  const path = tailPath(topic, { partition: query.partition, contains: useSettled(query.contains, 400) });
  const tail = useTail(path, { capacity: 5000, shown: 5000 });
  const [isHeldByButton, setHeldByButton] = useState(false);
  const rows = useMemo(() => tail.entries.map(toLiveRow), [tail.entries]);
  const letGo = (): void => {
    setHeldByButton(false);
    tail.setHeld(false);
    document.querySelector('.messages .table')?.scrollTo({ top: 0 });
  };
  return (
    <>
      {tail.isHeld && tail.newCount > 0 && (
        <button type="button" className="new-pill" onClick={letGo}>
          {formatExact(tail.newCount)} new
        </button>
      )}
      <MessageTable
        rows={rows}
        isBusy={tail.state.kind === 'connecting'}
        onScrolledAway={(isAway) => {
          if (!isHeldByButton) tail.setHeld(isAway);
        }}
        empty={
          tail.state.kind === 'error' ? (
            <Failure
              title="The live tail failed"
              error={{ message: tail.state.message, code: 'retrying by itself', status: tail.state.status }}
            />
          ) : tail.state.kind === 'connecting' ? (
            <Loading rows={12} label="Connecting to the topic" />
          ) : (
            <WaitingForRecords topic={topic} query={query} />
          )
        }
      />
      <div className="messages-note">
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
        <span>
          <Rate value={Math.round(tail.perSecond * 10) / 10} />
        </span>
        <span>
          {formatExact(tail.status?.droppedRecords ?? 0)} dropped{' '}
          {(tail.status?.droppedRecords ?? 0) > 0 && 'because this page reads too slowly; they are in the topic'}
        </span>
        <span className="visually-hidden" role="status">
          {tail.isHeld ? `Paused, ${tail.newCount} new` : ''}
        </span>
        <Spring />
        <span className="messages-promise">Reads without joining a group. The newest 5,000 are kept.</span>
        <Button
          look="quiet"
          icon="copy"
          onClick={() => void copyText(consumeCurl(location.origin, path, true), 'Command')}
        >
          curl
        </Button>
      </div>
    </>
  );
}

const placeOf = (record: LogRecord): string => `${record.partition}:${record.offset}`;
const toRow = (record: LogRecord): Row => ({ key: placeOf(record), record: () => record, gap: null });
const toLiveRow = (entry: TailEntry): Row => ({
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

function MessageTable({ rows, isBusy, empty, onScrolledAway }: MessageTableProps): ReactNode {
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

function NoMessages({
  topic,
  query,
  scanned,
  hasMore,
}: {
  topic: string;
  query: MessageQuery;
  scanned: number;
  hasMore: boolean;
}): ReactNode {
  if (query.contains !== '') {
    return (
      <Empty title={`${hasMore ? 'No record so far contains' : 'No record contains'} “${query.contains}”`}>
        <p>
          {plural(scanned, 'record')} looked at, in key, value and headers, whatever the case.
          {hasMore && ' The topic has more: look further below.'}
        </p>
      </Empty>
    );
  }
  if (query.start !== 'newest' && query.start !== 'oldest') {
    return (
      <Empty title="Nothing from there on">
        <p>The topic has no record at or after this place.</p>
        <p>
          <Button onClick={() => setParams({ from: null, at: null, cursor: null })}>Show the newest</Button>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title={`${topic} is empty`}>
      <p>Write its first record:</p>
      <Command>{`curl -d '{"hello":"world"}' '${location.origin}/api/produce/${encodeURIComponent(topic)}?key=k1'`}</Command>
      <p>or by any Kafka client:</p>
      <Command>{`echo '{"hello":"world"}' | kcat -P -b 127.0.0.1:9092 -t ${topic}`}</Command>
    </Empty>
  );
}

function WaitingForRecords({ topic, query }: { topic: string; query: MessageQuery }): ReactNode {
  return (
    <Empty title="Waiting for the next record">
      <p>
        {query.contains === ''
          ? 'Records written from now on appear here.'
          : `Records written from now on that contain “${query.contains}” appear here.`}
      </p>
      <Command>{`curl -d '{"hello":"world"}' '${location.origin}/api/produce/${encodeURIComponent(topic)}'`}</Command>
    </Empty>
  );
}
