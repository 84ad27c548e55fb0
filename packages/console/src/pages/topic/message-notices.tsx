import type { ReactNode } from 'react';
import { setParams } from '../../app/navigation.tsx';
import { Button } from '../../components/controls.tsx';
import { Command, Empty } from '../../components/notice.tsx';
import { plural } from '../../format/number.ts';
import type { MessageQuery } from '../../url/message-query.ts';

/** An empty page says why, and what fills it. */
export function NoMessages({
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

export function WaitingForRecords({ topic, query }: { topic: string; query: MessageQuery }): ReactNode {
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
