import { type ReactNode, useMemo } from 'react';
import type { ConsumePage, LogRecord } from '../../api/types.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { setParams, useParams } from '../../app/navigation.tsx';
import { Spring } from '../../app/page.tsx';
import { Button, IconButton } from '../../components/controls.tsx';
import { Failure, Loading } from '../../components/notice.tsx';
import { useSettled } from '../../components/numbers.tsx';
import { copyText } from '../../components/toasts.tsx';
import { formatExact, plural } from '../../format/number.ts';
import { consumeCurl, consumePath, hasMoreRecords, type MessageQuery } from '../../url/message-query.ts';
import { NoMessages } from './message-notices.tsx';
import { MessageTable, toRow } from './message-table.tsx';
import { recordJson, recordsCsv } from './record-text.ts';

/** One page of the log, and the way to the next. */
export function MessagePage({ topic, query }: { topic: string; query: MessageQuery }): ReactNode {
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
