import type { ReactNode } from 'react';
import { setParams, useParams } from '../../app/navigation.tsx';
import { Spring, Toolbar } from '../../app/page.tsx';
import { Button, SearchBox, Select } from '../../components/controls.tsx';
import { formatExact } from '../../format/number.ts';
import { type MessageQuery, messageLimits, messageQueryParams, readMessageQuery } from '../../url/message-query.ts';
import { LiveMessages } from './live-messages.tsx';
import { MessagePage } from './message-page.tsx';
import { StartInput } from './start-input.tsx';

const starts: Record<MessageQuery['start'], string> = {
  newest: 'Newest first',
  oldest: 'Oldest first',
  offset: 'From offset',
  time: 'From time',
  last: 'Last n of each partition',
};

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
