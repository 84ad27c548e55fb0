import { type ReactNode, useMemo } from 'react';
import { Link, navigate, setParams, useParams } from '../../app/navigation.tsx';
import { Page, Spring, Toolbar } from '../../app/page.tsx';
import { type GroupFacts, usePlatform } from '../../app/platform.ts';
import { SearchBox, Toggle } from '../../components/controls.tsx';
import { Command, Empty, Loading } from '../../components/notice.tsx';
import { Count, Rate } from '../../components/numbers.tsx';
import { Sparkline } from '../../components/sparkline.tsx';
import { State } from '../../components/state.tsx';
import { type Column, type Sort, Table } from '../../components/table.tsx';
import { useIsNarrow } from '../../components/use-is-narrow.ts';
import { isPlatformGroup } from '../../flow/platform-topics.ts';
import { plural } from '../../format/number.ts';
import { groupPath, topicPath } from '../../url/route.ts';
import { groupHealth, groupStateText } from './group-health.ts';
// What a group reads looks as what reads a topic does.
import '../topics/topics-page.css';

interface Row extends GroupFacts {
  groupId: string;
}

const columns: Column<Row>[] = [
  {
    key: 'group',
    name: 'Group',
    width: 'minmax(200px, 1.2fr)',
    sort: 'name',
    render: (row) => (
      <Link className="truncate topics-name" to={groupPath(row.groupId)}>
        {row.groupId}
      </Link>
    ),
  },
  {
    key: 'state',
    name: 'State',
    width: '160px',
    render: (row) => (
      <State health={groupHealth(row.runnerState, row.lagRecords)}>
        {groupStateText(row.runnerState, row.lagRecords)}
      </State>
    ),
  },
  {
    key: 'members',
    name: 'Members',
    width: '90px',
    align: 'right',
    sort: 'members',
    render: (row) => <Count value={row.members.length} />,
  },
  {
    key: 'topics',
    name: 'Reads',
    width: 'minmax(180px, 1fr)',
    render: (row) => (
      <span className="topics-groups">
        {row.topics.slice(0, 2).map(({ topic }) => (
          <Link key={topic} className="topics-group" to={topicPath(topic, 'groups')}>
            <span className="truncate">{topic}</span>
          </Link>
        ))}
        {row.topics.length > 2 && <span className="muted">{row.topics.length - 2} more</span>}
      </span>
    ),
  },
  {
    key: 'rate',
    name: 'Rate',
    width: '100px',
    align: 'right',
    sort: 'rate',
    render: (row) => <Rate value={row.perSecond} />,
  },
  {
    key: 'trend',
    name: 'Lag, last minute',
    width: '132px',
    align: 'right',
    render: (row) => (
      <Sparkline
        values={row.lagHistory}
        label={`Lag of ${row.groupId} over the last minute, now ${row.lagRecords}`}
        tone="warning"
      />
    ),
  },
  {
    key: 'lag',
    name: 'Lag',
    width: '100px',
    align: 'right',
    sort: 'lag',
    render: (row) => <Count value={row.lagRecords} unit="records" />,
  },
];

/** On a phone: what it reads is below its name. */
const narrowColumns: Column<Row>[] = [
  {
    ...columns[0]!,
    width: 'minmax(0, 1fr)',
    render: (row) => (
      <span className="table-two">
        {columns[0]!.render(row)}
        <span className="muted truncate">{row.topics.map(({ topic }) => topic).join(', ')}</span>
      </span>
    ),
  },
  { ...columns.find(({ key }) => key === 'state')!, width: '112px' },
  { ...columns.find(({ key }) => key === 'lag')!, width: '64px' },
];

const order: Record<string, (a: Row, b: Row) => number> = {
  name: (a, b) => (a.groupId < b.groupId ? -1 : 1),
  members: (a, b) => a.members.length - b.members.length,
  rate: (a, b) => a.perSecond - b.perSecond,
  lag: (a, b) => a.lagRecords - b.lagRecords,
};

export default function GroupsPage(): ReactNode {
  const params = useParams();
  const platform = usePlatform();
  const isNarrow = useIsNarrow();
  const filter = params.get('q') ?? '';
  const sortText = params.get('sort') ?? 'name';
  const sort: Sort = { by: sortText.replace(/^-/, ''), isDescending: sortText.startsWith('-') };
  const isPlatformShown = params.get('platform') === '1';
  const rows = useMemo(() => {
    const found = [...platform.groups]
      .filter(([groupId]) => isPlatformShown || !isPlatformGroup(groupId))
      .filter(([groupId]) => groupId.toLowerCase().includes(filter.toLowerCase()))
      .map(([groupId, group]) => ({ groupId, ...group }));
    const compare = order[sort.by] ?? order['name']!;
    return found.sort((a, b) => (sort.isDescending ? -1 : 1) * compare(a, b) || (a.groupId < b.groupId ? -1 : 1));
  }, [platform.groups, filter, isPlatformShown, sort.by, sort.isDescending]);
  return (
    <Page title="Groups" isFilled>
      <Toolbar>
        <SearchBox
          label="Filter groups by name"
          value={filter}
          isPageFilter
          onChange={(text) => setParams({ q: text }, { replace: true })}
        />
        <Toggle
          label="Platform groups"
          isOn={isPlatformShown}
          onChange={(isOn) => setParams({ platform: isOn ? 1 : null })}
        />
        <Spring />
        <span className="pager">{plural(rows.length, 'group')}</span>
      </Toolbar>
      {platform.atMs === null ? (
        <Loading rows={8} />
      ) : (
        <Table
          label="Groups"
          rows={rows}
          columns={isNarrow ? narrowColumns : columns}
          rowKey={(row) => row.groupId}
          onOpen={(row) => navigate(groupPath(row.groupId))}
          sort={sort}
          onSort={(next) => setParams({ sort: `${next.isDescending ? '-' : ''}${next.by}` })}
          isMain
          minWidth={isNarrow ? 0 : 960}
          rowHeight={isNarrow ? 52 : 40}
          empty={<NoGroups filter={filter} />}
        />
      )}
    </Page>
  );
}

function NoGroups({ filter }: { filter: string }): ReactNode {
  if (filter !== '') return <Empty title={`No group has “${filter}” in its name`} />;
  return (
    <Empty title="No group reads anything yet">
      <p>A consumer with a group id appears here with its first commit:</p>
      <Command>kcat -b 127.0.0.1:9092 -G my-group events</Command>
      <p>The console itself reads without a group and commits nothing: it is never listed here.</p>
    </Empty>
  );
}
