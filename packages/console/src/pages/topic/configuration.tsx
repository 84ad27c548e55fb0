import { type ReactNode, useMemo } from 'react';
import type { TopicDetail } from '../../api/types.ts';
import { setParams, useParams } from '../../app/navigation.tsx';
import { Toolbar } from '../../app/page.tsx';
import { SearchBox, Toggle } from '../../components/controls.tsx';
import { Empty, Loading } from '../../components/notice.tsx';
import { Badge } from '../../components/state.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { meaningOf } from './config-meaning.ts';

type Row = TopicDetail['configs'][number];

const columns: Column<Row>[] = [
  {
    key: 'name',
    name: 'Setting',
    width: 'minmax(220px, 1fr)',
    render: (row) => <span className="mono truncate">{row.name}</span>,
  },
  {
    key: 'value',
    name: 'Value',
    width: 'minmax(200px, 1.4fr)',
    render: (row) => (
      <>
        <span className="mono truncate">{row.value ?? 'not set'}</span>
        <span className="muted">{meaningOf(row.name, row.value)}</span>
      </>
    ),
  },
  {
    key: 'source',
    name: 'Origin',
    width: '130px',
    render: (row) => (row.isDefault ? <span className="muted">default</span> : <Badge>set for this topic</Badge>),
  },
];

export function Configuration({ detail }: { detail: TopicDetail | null }): ReactNode {
  const params = useParams();
  const filter = params.get('q') ?? '';
  const onlySet = params.get('set') === '1';
  const rows = useMemo(
    () =>
      (detail?.configs ?? [])
        .filter((row) => row.name.includes(filter.toLowerCase()) && !(onlySet && row.isDefault))
        .toSorted((a, b) => Number(a.isDefault) - Number(b.isDefault) || (a.name < b.name ? -1 : 1)),
    [detail, filter, onlySet],
  );
  if (!detail) return <Loading />;
  return (
    <>
      <Toolbar>
        <SearchBox
          label="Filter settings"
          value={filter}
          isPageFilter
          onChange={(text) => setParams({ q: text }, { replace: true })}
        />
        <Toggle
          label="Only what is set for this topic"
          isOn={onlySet}
          onChange={(isOn) => setParams({ set: isOn ? 1 : null })}
        />
      </Toolbar>
      <Table
        label="Configuration"
        rows={rows}
        columns={columns}
        rowKey={(row) => row.name}
        isMain
        minWidth={640}
        empty={
          <Empty title={onlySet && filter === '' ? 'Everything is as by default' : 'No setting has that name'}>
            <p>Settings of a topic are given when it is created.</p>
          </Empty>
        }
      />
    </>
  );
}
