import type { ReactNode } from 'react';
import type { TopicDetail } from '../../api/types.ts';
import { Link } from '../../app/navigation.tsx';
import { Loading } from '../../components/notice.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { formatExact } from '../../format/number.ts';
import { topicPath } from '../../url/route.ts';

type Row = TopicDetail['partitions'][number];

export function Partitions({ detail, topic }: { detail: TopicDetail | null; topic: string }): ReactNode {
  if (!detail) return <Loading />;
  const most = Math.max(1, ...detail.partitions.map((partition) => partition.records));
  const columns: Column<Row>[] = [
    {
      key: 'partition',
      name: 'Partition',
      width: '100px',
      align: 'right',
      render: (row) => (
        <Link className="link mono" to={`${topicPath(topic)}?partition=${row.partition}`}>
          {row.partition}
        </Link>
      ),
    },
    {
      key: 'earliest',
      name: 'First offset',
      width: '140px',
      align: 'right',
      render: (row) => <span className="mono">{formatExact(row.earliest)}</span>,
    },
    {
      key: 'latest',
      name: 'Next offset',
      width: '140px',
      align: 'right',
      render: (row) => <span className="mono">{formatExact(row.latest)}</span>,
    },
    {
      key: 'records',
      name: 'Records',
      width: '140px',
      align: 'right',
      render: (row) => <span className="mono">{formatExact(row.records)}</span>,
    },
    {
      key: 'share',
      name: 'Share',
      width: 'minmax(120px, 1fr)',
      render: (row) => <span className="word-bar share-bar" style={{ transform: `scaleX(${row.records / most})` }} />,
    },
    {
      key: 'leader',
      name: 'Leader',
      width: '90px',
      align: 'right',
      render: (row) => <span className="mono">{row.leader}</span>,
    },
  ];
  return (
    <Table
      label="Partitions"
      rows={detail.partitions}
      columns={columns}
      rowKey={(row) => String(row.partition)}
      isMain
      minWidth={760}
    />
  );
}
