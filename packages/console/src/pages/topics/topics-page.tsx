import { type ReactNode, useEffect, useMemo, useState } from 'react';
import type { TopicList, TopicSummary } from '../../api/types.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { Link, navigate, setParams, useParams } from '../../app/navigation.tsx';
import { Page, Spring, Toolbar } from '../../app/page.tsx';
import { type Platform, type TopicFacts, usePlatform } from '../../app/platform.ts';
import { Button, IconButton, SearchBox, Toggle } from '../../components/controls.tsx';
import { Command, Empty, Failure, Loading } from '../../components/notice.tsx';
import { Count, Rate, useSettled } from '../../components/numbers.tsx';
import { Pager } from '../../components/pager.tsx';
import { Sparkline } from '../../components/sparkline.tsx';
import { Badge, StateIcon } from '../../components/state.tsx';
import { type Column, type Sort, Table } from '../../components/table.tsx';
import { useIsNarrow } from '../../components/use-is-narrow.ts';
import type { Health } from '../../flow/health.ts';
import { isPlatformGroup } from '../../flow/platform-topics.ts';
import { formatCount, formatRate, plural } from '../../format/number.ts';
import { groupPath, topicPath } from '../../url/route.ts';
import { intParam } from '../../url/search-params.ts';
import { groupHealth } from '../groups/group-health.ts';
import { CreateTopic } from './create-topic.tsx';
import { DeleteTopic } from './delete-topic.tsx';
import './topics-page.css';

const pageSize = 100;

interface Row extends TopicSummary {
  live: TopicFacts | undefined;
  lag: { groupId: string; lagRecords: number; health: Health }[];
}

export default function TopicsPage(): ReactNode {
  const params = useParams();
  const platform = usePlatform();
  const search = params.get('q') ?? '';
  const settled = useSettled(search);
  const page = intParam(params.get('page'), 1, 1, 1_000_000);
  const sort = readSort(params.get('sort'));
  const isPlatformShown = params.get('platform') === '1';
  const isNarrow = useIsNarrow();
  const [deleting, setDeleting] = useState<string | null>(null);
  const query = new URLSearchParams({
    search: settled,
    page: String(page),
    pageSize: String(pageSize),
    internal: String(isPlatformShown),
    platform: String(isPlatformShown),
    sort: `${sort.isDescending ? '-' : ''}${sort.by}`,
  });
  const { data, error, isLoading, reload } = useFetch<TopicList>(`/api/topics?${query}`);

  // A topic that comes or goes elsewhere is seen here too.
  const topicCount = platform.topics.size;
  useEffect(() => {
    if (topicCount > 0) reload();
  }, [topicCount]);

  const rows = useMemo(() => (data?.topics ?? []).map((topic) => withLive(topic, platform)), [data, platform]);
  const setSort = (next: Sort): void =>
    setParams({
      sort: next.by === 'name' && !next.isDescending ? null : `${next.isDescending ? '-' : ''}${next.by}`,
      page: null,
    });
  const panel = params.get('panel') === 'create' && (
    <CreateTopic onClose={() => setParams({ panel: null })} onCreated={(name) => navigate(topicPath(name))} />
  );

  return (
    <Page title="Topics" isFilled panel={panel}>
      <Toolbar>
        <SearchBox
          label="Filter topics by name"
          value={search}
          isPageFilter
          onChange={(text) => setParams({ q: text, page: null }, { replace: true })}
        />
        <Toggle
          label="Platform topics"
          isOn={isPlatformShown}
          onChange={(isOn) => setParams({ platform: isOn ? 1 : null, page: null })}
        />
        <Spring />
        {data && (
          <Pager
            page={page}
            pageSize={pageSize}
            total={data.total}
            what="topic"
            onPage={(next) => setParams({ page: next === 1 ? null : next })}
          />
        )}
        <Button icon="plus" look="primary" onClick={() => setParams({ panel: 'create' })}>
          Create topic
        </Button>
      </Toolbar>
      {error && !data ? (
        <Failure title="The list of topics did not come" error={error} onRetry={reload} />
      ) : !data ? (
        <Loading rows={10} />
      ) : (
        <Table
          label="Topics"
          rows={rows}
          columns={isNarrow ? narrowColumns : columns(setDeleting)}
          rowKey={(row) => row.name}
          onOpen={(row) => navigate(topicPath(row.name))}
          sort={sort}
          onSort={setSort}
          isMain
          isBusy={isLoading}
          minWidth={isNarrow ? 0 : 860}
          rowHeight={isNarrow ? 52 : 40}
          empty={<NoTopics search={settled} />}
        />
      )}
      {deleting !== null && (
        <DeleteTopic
          topic={deleting}
          onClose={() => setDeleting(null)}
          onDeleted={() => {
            setDeleting(null);
            reload();
          }}
        />
      )}
    </Page>
  );
}

function readSort(text: string | null): Sort {
  const isDescending = text?.startsWith('-') ?? false;
  const by = text?.replace(/^-/, '') ?? 'name';
  return { by: ['name', 'partitions'].includes(by) ? by : 'name', isDescending };
}

function withLive(topic: TopicSummary, { topics, groups }: Platform): Row {
  const live = topics.get(topic.name);
  const lag = [...groups].flatMap(([groupId, { runnerState, topics: reads }]) =>
    reads
      .filter((read) => read.topic === topic.name)
      .map(({ lagRecords }) => ({ groupId, lagRecords, health: groupHealth(runnerState, lagRecords) })),
  );
  // Before the first live figures, what the list itself said.
  const listed = topic.groups.map((group) => ({ ...group, health: 'good' as const }));
  return { ...topic, records: live?.records ?? topic.records, live, lag: groups.size > 0 ? lag : listed };
}

const groupsShown = 3;

function columns(onDelete: (topic: string) => void): Column<Row>[] {
  return [
    {
      key: 'name',
      name: 'Topic',
      width: 'minmax(220px, 1fr)',
      sort: 'name',
      render: (row) => (
        <>
          <Link className="truncate topics-name" to={topicPath(row.name)}>
            {row.name}
          </Link>
          {row.internal && <Badge>internal</Badge>}
        </>
      ),
    },
    {
      key: 'partitions',
      name: 'Partitions',
      width: '100px',
      align: 'right',
      sort: 'partitions',
      render: (row) => <Count value={row.partitions} />,
    },
    {
      key: 'records',
      name: 'Records',
      width: '110px',
      align: 'right',
      render: (row) => <Count value={row.records} unit="records" />,
    },
    {
      key: 'rate',
      name: 'Written',
      width: '184px',
      align: 'right',
      render: (row) =>
        row.live && (
          <>
            <Sparkline
              values={row.live.history}
              label={`Last minute of ${row.name}, now ${formatRate(row.live.perSecond)} records a second`}
              width={72}
            />
            <span className="topics-rate">
              <Rate value={row.live.perSecond} />
            </span>
          </>
        ),
    },
    {
      key: 'groups',
      name: 'Read by, lag',
      width: 'minmax(240px, 1.8fr)',
      render: (row) => <Readers topic={row.name} lag={row.lag} />,
    },
    {
      key: 'actions',
      name: 'Actions',
      isNameHidden: true,
      width: '48px',
      render: (row) =>
        row.internal ? null : (
          <IconButton
            icon="trash"
            name={`Delete ${row.name}`}
            className="topics-delete"
            onClick={() => onDelete(row.name)}
          />
        ),
    },
  ];
}

/** On a phone: what, how much below it, how fast, and by how much somebody is behind. */
const narrowColumns: Column<Row>[] = [
  {
    key: 'name',
    name: 'Topic',
    width: 'minmax(0, 1fr)',
    sort: 'name',
    render: (row) => (
      <span className="table-two">
        <Link className="truncate topics-name" to={topicPath(row.name)}>
          {row.name}
        </Link>
        <span className="muted truncate">
          {`${formatCount(row.records)} records in ${plural(row.partitions, 'partition')}`}
        </span>
      </span>
    ),
  },
  {
    key: 'rate',
    name: 'Written',
    width: '76px',
    align: 'right',
    render: (row) => row.live && <Rate value={row.live.perSecond} />,
  },
  {
    key: 'lag',
    name: 'Lag',
    width: '64px',
    align: 'right',
    render: (row) =>
      row.lag.length === 0 ? (
        <span className="muted">–</span>
      ) : (
        <Count
          value={Math.max(...row.lag.map(({ lagRecords }) => lagRecords))}
          unit="records behind, the group that is most"
        />
      ),
  },
];

/** Groups of the user's services by name; those of the platform, whose names are long and tell little, as one. */
function Readers({ topic, lag }: { topic: string; lag: Row['lag'] }): ReactNode {
  const own = lag.filter(({ groupId }) => !isPlatformGroup(groupId));
  const platforms = lag.filter(({ groupId }) => isPlatformGroup(groupId));
  const behind = platforms.toSorted((a, b) => b.lagRecords - a.lagRecords)[0];
  return (
    <span className="topics-groups">
      {own.slice(0, groupsShown).map(({ groupId, lagRecords, health }) => (
        <Link key={groupId} to={groupPath(groupId)} className="topics-group">
          {(health === 'bad' || health === 'warning') && <StateIcon health={health} size={10} />}
          <span className="truncate">{groupId}</span>
          <Count value={lagRecords} unit="records behind" />
        </Link>
      ))}
      {own.length > groupsShown && (
        <Link className="link" to={topicPath(topic, 'groups')}>
          {own.length - groupsShown} more
        </Link>
      )}
      {behind && (
        <Link
          to={topicPath(topic, 'groups')}
          className="topics-group"
          title={platforms.map(({ groupId }) => groupId).join(', ')}
        >
          {behind.health !== 'good' && behind.health !== 'unknown' && <StateIcon health={behind.health} size={10} />}
          <span className="truncate">{platforms.length} of the platform</span>
          <Count value={behind.lagRecords} unit="records behind, the one that is most" />
        </Link>
      )}
    </span>
  );
}

function NoTopics({ search }: { search: string }): ReactNode {
  if (search !== '') {
    return (
      <Empty title={`No topic has “${search}” in its name`}>
        <p>
          <Button onClick={() => setParams({ q: null, page: null })}>Show all topics</Button>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="There is no topic yet">
      <p>The first record makes one:</p>
      <Command>{`curl -d '{"hello":"world"}' '${location.origin}/api/produce/events'`}</Command>
      <p>Any Kafka client does the same on its own port:</p>
      <Command>{`echo hello | kcat -P -b 127.0.0.1:9092 -t events`}</Command>
    </Empty>
  );
}
