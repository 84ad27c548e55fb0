import { type ReactNode, useEffect, useMemo, useState } from 'react';
import type { GroupDetail } from '../../api/types.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { Link } from '../../app/navigation.tsx';
import { Figure, Figures, Page } from '../../app/page.tsx';
import { usePlatform } from '../../app/platform.ts';
import { Command, Empty, Failure, Loading } from '../../components/notice.tsx';
import { Count, Rate } from '../../components/numbers.tsx';
import { Sparkline } from '../../components/sparkline.tsx';
import { State } from '../../components/state.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { formatExact } from '../../format/number.ts';
import { topicPath } from '../../url/route.ts';
import { useTicking } from '../topic/use-ticking.ts';
import { groupHealth, groupStateText } from './group-health.ts';
import '../topic/topic-page.css';
import './group-page.css';

type Member = GroupDetail['members'][number];
type Partition = GroupDetail['offsets'][number] & { history: readonly number[]; owner: string | null };

const refreshMs = 1000;
const historySize = 60;

export default function GroupPage({ groupId }: { groupId: string }): ReactNode {
  const { data, error, reload } = useFetch<GroupDetail>(`/api/groups/${encodeURIComponent(groupId)}`);
  useTicking(reload, refreshMs);
  const facts = usePlatform().groups.get(groupId);
  const histories = useLagHistories(data);
  const rows = useMemo(() => (data ? withOwners(data, histories) : []), [data, histories]);

  if (!data) {
    return (
      <Page title={groupId}>
        {error?.status === 404 ? (
          <UnknownGroup groupId={groupId} />
        ) : error ? (
          <Failure title="The group did not come" error={error} onRetry={reload} />
        ) : (
          <Loading />
        )}
      </Page>
    );
  }
  const lag = data.offsets.reduce((sum, partition) => sum + partition.lagRecords, 0);
  return (
    <Page title={groupId} isFilled>
      <div className="topic-head">
        <Figures label={`Figures of ${groupId}`}>
          <Figure name="State">
            <State health={groupHealth(data.state, lag)}>{groupStateText(data.state, lag)}</State>
          </Figure>
          <Figure name="Members">
            <Count value={data.members.length} />
          </Figure>
          <Figure name="Reads">
            <Rate value={facts?.perSecond ?? 0} />
          </Figure>
          <Figure name="Lag">
            <span className="topic-rate">
              <Count value={lag} unit="records" />
              <Sparkline values={facts?.lagHistory ?? []} label="Lag over the last minute" width={96} tone="warning" />
            </span>
          </Figure>
        </Figures>
      </div>
      <div className="group-body">
        <section aria-labelledby="group-members">
          <h2 id="group-members">Members</h2>
          {data.members.length > 0 ? (
            <Table
              label="Members"
              rows={data.members}
              columns={memberColumns}
              rowKey={(member) => member.memberId}
              isInline
              minWidth={640}
              rowHeight={40}
            />
          ) : (
            <Empty title="No member is running">
              <p>
                The group keeps its place: a consumer that joins with the id {groupId} goes on from the offsets below.
              </p>
            </Empty>
          )}
        </section>
        <section aria-labelledby="group-partitions">
          <h2 id="group-partitions">Partitions</h2>
          <Table
            label="Partitions"
            rows={rows}
            columns={partitionColumns}
            rowKey={(row) => `${row.topic}-${row.partition}`}
            isInline
            isMain
            minWidth={860}
          />
        </section>
      </div>
    </Page>
  );
}

const memberColumns: Column<Member>[] = [
  {
    key: 'client',
    name: 'Client id',
    width: 'minmax(140px, 1fr)',
    render: (member) => <span className="truncate">{member.clientId}</span>,
  },
  {
    key: 'host',
    name: 'Host',
    width: '140px',
    render: (member) => <span className="mono truncate">{member.host.replace(/^\//, '')}</span>,
  },
  {
    key: 'partitions',
    name: 'Reads partitions',
    width: 'minmax(240px, 1.6fr)',
    render: (member) =>
      member.assignments.length === 0 ? (
        <span className="muted">none</span>
      ) : (
        <span className="truncate">
          {member.assignments.map(({ topic, partitions }) => (
            <span key={topic} className="group-assignment">
              {topic} <span className="mono">{partitions.join(', ')}</span>
            </span>
          ))}
        </span>
      ),
  },
  {
    key: 'id',
    name: 'Member id',
    width: 'minmax(160px, 1fr)',
    render: (member) => (
      <span className="mono truncate muted" title={member.memberId}>
        {member.memberId}
      </span>
    ),
  },
];

const partitionColumns: Column<Partition>[] = [
  {
    key: 'topic',
    name: 'Topic',
    width: 'minmax(160px, 1fr)',
    render: (row) => (
      <Link className="truncate topics-name" to={topicPath(row.topic, 'groups')}>
        {row.topic}
      </Link>
    ),
  },
  {
    key: 'partition',
    name: 'Partition',
    width: '90px',
    align: 'right',
    render: (row) => <span className="mono">{row.partition}</span>,
  },
  {
    key: 'owner',
    name: 'Read by',
    width: 'minmax(120px, 1fr)',
    render: (row) =>
      row.owner === null ? <span className="muted">nobody</span> : <span className="truncate">{row.owner}</span>,
  },
  {
    key: 'committed',
    name: 'Committed',
    width: '120px',
    align: 'right',
    render: (row) => <Offset value={row.committed} whenNull="nothing yet" />,
  },
  {
    key: 'latest',
    name: 'Next offset',
    width: '120px',
    align: 'right',
    render: (row) => <Offset value={row.latest} whenNull="–" />,
  },
  {
    key: 'trend',
    name: 'Last minute',
    width: '110px',
    align: 'right',
    render: (row) => (
      <Sparkline
        values={row.history}
        label={`Lag of ${row.topic} ${row.partition} over the last minute`}
        tone="warning"
      />
    ),
  },
  {
    key: 'lag',
    name: 'Lag',
    width: '90px',
    align: 'right',
    render: (row) => <Count value={row.lagRecords} unit="records" />,
  },
];

function Offset({ value, whenNull }: { value: number | null; whenNull: string }): ReactNode {
  return value === null ? (
    <span className="muted">{whenNull}</span>
  ) : (
    <span className="mono">{formatExact(value)}</span>
  );
}

function withOwners(detail: GroupDetail, histories: ReadonlyMap<string, readonly number[]>): Partition[] {
  const owners = new Map<string, string>();
  for (const member of detail.members) {
    for (const { topic, partitions } of member.assignments)
      for (const partition of partitions) owners.set(`${topic}-${partition}`, member.clientId);
  }
  return detail.offsets.map((partition) => {
    const key = `${partition.topic}-${partition.partition}`;
    return { ...partition, owner: owners.get(key) ?? null, history: histories.get(key) ?? [] };
  });
}

/** The last minute of each partition's lag, as far as this page has watched it. */
function useLagHistories(detail: GroupDetail | null): ReadonlyMap<string, readonly number[]> {
  const [histories, setHistories] = useState<ReadonlyMap<string, readonly number[]>>(new Map());
  useEffect(() => {
    if (!detail) return;
    setHistories((before) => {
      const next = new Map<string, readonly number[]>();
      for (const { topic, partition, lagRecords } of detail.offsets) {
        const key = `${topic}-${partition}`;
        next.set(key, [...(before.get(key) ?? []).slice(1 - historySize), lagRecords]);
      }
      return next;
    });
  }, [detail]);
  return histories;
}

function UnknownGroup({ groupId }: { groupId: string }): ReactNode {
  return (
    <Empty title={`There is no group “${groupId}”`}>
      <p>A group exists from the first join or commit of a consumer:</p>
      <Command>{`kcat -b 127.0.0.1:9092 -G ${groupId} events`}</Command>
    </Empty>
  );
}
