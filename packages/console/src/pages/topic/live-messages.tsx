import { type ReactNode, useMemo, useState } from 'react';
import { Spring } from '../../app/page.tsx';
import { Button } from '../../components/controls.tsx';
import { Failure, Loading } from '../../components/notice.tsx';
import { Rate, useSettled } from '../../components/numbers.tsx';
import { copyText } from '../../components/toasts.tsx';
import { formatExact } from '../../format/number.ts';
import { useTail } from '../../panes/use-tail.ts';
import { consumeCurl, type MessageQuery, tailPath } from '../../url/message-query.ts';
import { WaitingForRecords } from './message-notices.tsx';
import { MessageTable, toLiveRow } from './message-table.tsx';

/** The log as it grows: the newest on top, standing still while one reads. */
export function LiveMessages({ topic, query }: { topic: string; query: MessageQuery }): ReactNode {
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
