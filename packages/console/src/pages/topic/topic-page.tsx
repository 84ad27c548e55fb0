import { type ReactNode, useState } from 'react';
import type { TopicDetail } from '../../api/types.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { navigate, setParams, useParams } from '../../app/navigation.tsx';
import { Figure, Figures, Page, Spring } from '../../app/page.tsx';
import { usePlatform } from '../../app/platform.ts';
import { Button, IconButton, Tabs } from '../../components/controls.tsx';
import { Command, Failure } from '../../components/notice.tsx';
import { Count, Rate } from '../../components/numbers.tsx';
import { Sparkline } from '../../components/sparkline.tsx';
import { Badge } from '../../components/state.tsx';
import { formatCount, formatRate } from '../../format/number.ts';
import { pathOf, type TopicTab, topicPath } from '../../url/route.ts';
import { DeleteTopic } from '../topics/delete-topic.tsx';
import { Configuration } from './configuration.tsx';
import { GroupsOfTopic } from './groups-of-topic.tsx';
import { Messages } from './messages.tsx';
import { Partitions } from './partitions.tsx';
import { ProducePanel } from './produce-panel.tsx';
import { RecordPanel } from './record-panel.tsx';
import { useTicking } from './use-ticking.ts';
import './topic-page.css';

export default function TopicPage({ topic, tab }: { topic: string; tab: TopicTab }): ReactNode {
  const path = `/api/topics/${encodeURIComponent(topic)}`;
  const { data, error, reload } = useFetch<TopicDetail>(path);
  useTicking(reload, tab === 'messages' ? 10_000 : 2_000);
  const [isDeleting, setDeleting] = useState(false);

  if (error?.status === 404 && !data) return <UnknownTopic topic={topic} />;
  return (
    <Page title={topic} isFilled panel={<TopicPanel topic={topic} detail={data} />}>
      <TopicHead topic={topic} detail={data} onDelete={() => setDeleting(true)} />
      <div className="topic-tabs">
        <Tabs
          label={`About ${topic}`}
          tabs={[
            { to: topicPath(topic), name: 'Messages', isCurrent: tab === 'messages' },
            {
              to: topicPath(topic, 'partitions'),
              name: 'Partitions',
              count: data && formatCount(data.partitions.length),
              isCurrent: tab === 'partitions',
            },
            {
              to: topicPath(topic, 'groups'),
              name: 'Groups',
              count: data && formatCount(data.groups.length),
              isCurrent: tab === 'groups',
            },
            { to: topicPath(topic, 'config'), name: 'Configuration', isCurrent: tab === 'config' },
          ].map(({ count, ...item }) => (count ? { ...item, count } : item))}
        />
      </div>
      {tab === 'messages' ? (
        <Messages topic={topic} partitions={data?.partitions.length ?? null} />
      ) : error && !data ? (
        <Failure title="The topic did not come" error={error} onRetry={reload} />
      ) : tab === 'partitions' ? (
        <Partitions detail={data} topic={topic} />
      ) : tab === 'groups' ? (
        <GroupsOfTopic detail={data} topic={topic} />
      ) : (
        <Configuration detail={data} />
      )}
      {isDeleting && (
        <DeleteTopic
          topic={topic}
          onClose={() => setDeleting(false)}
          onDeleted={() => navigate(pathOf({ page: 'topics' }))}
        />
      )}
    </Page>
  );
}

function TopicHead({
  topic,
  detail,
  onDelete,
}: {
  topic: string;
  detail: TopicDetail | null;
  onDelete: () => void;
}): ReactNode {
  const { topics, groups } = usePlatform();
  const live = topics.get(topic);
  const records = live?.records ?? detail?.partitions.reduce((sum, partition) => sum + partition.records, 0);
  const lag = [...groups.values()].flatMap((group) => group.topics).filter((read) => read.topic === topic);
  return (
    <div className="topic-head">
      <Figures label={`Figures of ${topic}`}>
        <Figure name="Written">
          <span className="topic-rate">
            <Rate value={live?.perSecond ?? 0} />
            <Sparkline
              values={live?.history ?? []}
              label={`Last minute, now ${formatRate(live?.perSecond ?? 0)} records a second`}
              width={96}
            />
          </span>
        </Figure>
        <Figure name="Records">{records === undefined ? '–' : <Count value={records} unit="records" />}</Figure>
        <Figure name="Partitions">{detail ? <Count value={detail.partitions.length} /> : '–'}</Figure>
        <Figure name="Groups">
          <Count value={lag.length} />
        </Figure>
        <Figure name="Lag">
          <Count value={lag.reduce((sum, read) => sum + read.lagRecords, 0)} unit="records" />
        </Figure>
      </Figures>
      {detail?.internal && <Badge>internal</Badge>}
      <Spring />
      <Button icon="send" onClick={() => setParams({ panel: 'produce', record: null })}>
        Produce
      </Button>
      {!detail?.internal && <IconButton icon="trash" name={`Delete ${topic}`} onClick={onDelete} />}
    </div>
  );
}

function TopicPanel({ topic, detail }: { topic: string; detail: TopicDetail | null }): ReactNode {
  const params = useParams();
  const record = params.get('record');
  const panel = params.get('panel');
  if (panel === 'produce')
    return <ProducePanel topic={topic} partitions={detail?.partitions.length ?? null} recordPlace={record} />;
  return record === null ? null : <RecordPanel topic={topic} place={record} />;
}

function UnknownTopic({ topic }: { topic: string }): ReactNode {
  return (
    <Page title={topic}>
      <Failure
        title={`There is no topic “${topic}”`}
        error={{
          message: 'It was deleted, or never written to. The first record makes it:',
          code: 'UNKNOWN_TOPIC_OR_PARTITION',
          status: 404,
        }}
      >
        <Command>{`curl -d '{"hello":"world"}' '${location.origin}/api/produce/${encodeURIComponent(topic)}'`}</Command>
      </Failure>
    </Page>
  );
}
