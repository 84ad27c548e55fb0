import { type ReactNode, useMemo } from 'react';
import { Count, Rate } from '../../components/numbers.tsx';
import { State } from '../../components/state.tsx';
import { type Column, Table } from '../../components/table.tsx';
import type { FlowEdge, FlowGraph } from '../../flow/graph.ts';
import { unitOf } from './flow-words.ts';

const kinds: Record<FlowEdge['kind'], string> = {
  produce: 'writes to',
  consume: 'read by',
  index: 'indexes',
  search: 'searched by',
  query: 'asks',
  call: 'calls',
};

/** The same flow as rows: for screen readers, for sorting by rate in one's head, and for very many edges. */
export function FlowTable({
  graph,
  selected,
  onSelect,
  matches,
}: {
  graph: FlowGraph;
  selected: string | null;
  onSelect: (id: string) => void;
  matches: ReadonlySet<string> | null;
}): ReactNode {
  const names = useMemo(() => new Map(graph.nodes.map((node) => [node.id, node.name])), [graph]);
  const rows = useMemo(
    () =>
      graph.edges
        .filter((edge) => matches === null || matches.has(edge.from) || matches.has(edge.to))
        .toSorted((a, b) => b.perSecond - a.perSecond),
    [graph, matches],
  );
  const columns: Column<FlowEdge>[] = [
    {
      key: 'from',
      name: 'From',
      width: 'minmax(140px, 1fr)',
      render: (edge) => <span className="truncate">{names.get(edge.from)}</span>,
    },
    {
      key: 'kind',
      name: 'How',
      isNameHidden: true,
      width: '92px',
      render: (edge) => <span className="muted">{kinds[edge.kind]}</span>,
    },
    {
      key: 'to',
      name: 'To',
      width: 'minmax(140px, 1fr)',
      render: (edge) => <span className="truncate">{names.get(edge.to)}</span>,
    },
    { key: 'rate', name: 'Rate', width: '96px', align: 'right', render: (edge) => <Rate value={edge.perSecond} /> },
    {
      key: 'total',
      name: 'Since start',
      width: '112px',
      align: 'right',
      render: (edge) => <Count value={edge.total} unit={unitOf(edge)} />,
    },
    {
      key: 'lag',
      name: 'Lag',
      width: '88px',
      align: 'right',
      render: (edge) => (edge.lagRecords === null ? '' : <Count value={edge.lagRecords} unit="records" />),
    },
    {
      key: 'state',
      name: 'State',
      width: '104px',
      render: (edge) => <State health={edge.health}>{stateWords[edge.health]}</State>,
    },
  ];
  return (
    <Table
      label="Flow"
      rows={rows}
      columns={columns}
      rowKey={(edge) => edge.id}
      openKey={selected}
      onOpen={(edge) => onSelect(edge.id)}
      isMain
      minWidth={720}
    />
  );
}

const stateWords = { good: 'flowing', warning: 'behind', bad: 'stopped', unknown: 'quiet' };
