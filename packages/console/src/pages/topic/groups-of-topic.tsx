import type { ReactNode } from 'react';
import type { TopicDetail, TopicGroup } from '../../api/types.ts';
import { Link, navigate } from '../../app/navigation.tsx';
import { usePlatform } from '../../app/platform.ts';
import { Command, Empty, Loading } from '../../components/notice.tsx';
import { Count, Rate } from '../../components/numbers.tsx';
import { Sparkline } from '../../components/sparkline.tsx';
import { State } from '../../components/state.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { groupPath } from '../../url/route.ts';
import { groupHealth } from '../groups/group-health.ts';

export function GroupsOfTopic({ detail, topic }: { detail: TopicDetail | null; topic: string }): ReactNode {
  const { groups } = usePlatform();
  if (!detail) return <Loading />;
  const columns: Column<TopicGroup>[] = [
    {
      key: 'group',
      name: 'Group',
      width: 'minmax(200px, 1fr)',
      render: (row) => (
        <Link className="truncate topics-name" to={groupPath(row.groupId)}>
          {row.groupId}
        </Link>
      ),
    },
    {
      key: 'state',
      name: 'State',
      width: '150px',
      render: (row) => {
        const state = groups.get(row.groupId)?.runnerState ?? row.state;
        return <State health={groupHealth(state, row.lagRecords)}>{state}</State>;
      },
    },
    {
      key: 'rate',
      name: 'Reads',
      width: '110px',
      align: 'right',
      render: (row) => (
        <Rate value={groups.get(row.groupId)?.topics.find((read) => read.topic === topic)?.recordsPerSecond ?? 0} />
      ),
    },
    {
      key: 'trend',
      name: 'Lag, last minute',
      width: '140px',
      align: 'right',
      render: (row) => (
        <Sparkline
          values={groups.get(row.groupId)?.lagHistory ?? []}
          label={`Lag of ${row.groupId} over the last minute`}
          tone="warning"
        />
      ),
    },
    {
      key: 'lag',
      name: 'Lag',
      width: '110px',
      align: 'right',
      render: (row) => <Count value={row.lagRecords} unit="records" />,
    },
  ];
  return (
    <Table
      label="Groups"
      rows={detail.groups}
      columns={columns}
      rowKey={(row) => row.groupId}
      onOpen={(row) => navigate(groupPath(row.groupId))}
      isMain
      minWidth={720}
      rowHeight={40}
      empty={
        <Empty title={`No group reads ${topic}`}>
          <p>A consumer with a group id appears here with its first commit. For example:</p>
          <Command>{`kcat -b 127.0.0.1:9092 -G my-group ${topic}`}</Command>
          <p>The console reads without a group and is never listed.</p>
        </Empty>
      }
    />
  );
}
