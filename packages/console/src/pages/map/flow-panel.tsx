import type { ReactNode } from 'react';
import { Link } from '../../app/navigation.tsx';
import { usePlatform } from '../../app/platform.ts';
import { Button } from '../../components/controls.tsx';
import { Icon } from '../../components/icons.tsx';
import { Command } from '../../components/notice.tsx';
import { Age, Count, Rate } from '../../components/numbers.tsx';
import { Fact, Facts, Panel, PanelSection } from '../../components/panel.tsx';
import { Sparkline } from '../../components/sparkline.tsx';
import { State } from '../../components/state.tsx';
import type { FlowEdge, FlowGraph, FlowNode } from '../../flow/graph.ts';
import { formatRate } from '../../format/number.ts';
import { groupPath, topicPath } from '../../url/route.ts';
import { isStore, kindIcons, kindNames, noteOf, sentenceOf, spanOf, unitOf } from './flow-words.ts';

const countNames: Partial<Record<FlowNode['kind'], string>> = { index: 'Documents', database: 'Connections' };

interface FlowPanelProps {
  graph: FlowGraph;
  selected: string;
  onSelect: (id: string | null) => void;
  onFocus: (id: string) => void;
}

/** What a node or an edge of the map is, in figures, and where it leads. */
export function FlowPanel({ graph, selected, onSelect, onFocus }: FlowPanelProps): ReactNode {
  const close = (): void => onSelect(null);
  const node = graph.nodes.find((other) => other.id === selected);
  if (node) return <NodePanel graph={graph} node={node} onSelect={onSelect} onFocus={onFocus} onClose={close} />;
  const edge = graph.edges.find((other) => other.id === selected);
  if (edge) return <EdgePanel graph={graph} edge={edge} onSelect={onSelect} onClose={close} />;
  return (
    <Panel label="Details" title="Not on the map" onClose={close}>
      <p>
        <code>{selected}</code> is not flowing now: nobody has written or read here since the broker started.
      </p>
    </Panel>
  );
}

function NodePanel({
  graph,
  node,
  onSelect,
  onFocus,
  onClose,
}: {
  graph: FlowGraph;
  node: FlowNode;
  onSelect: (id: string) => void;
  onFocus: (id: string) => void;
  onClose: () => void;
}): ReactNode {
  const { topics, groups } = usePlatform();
  const incoming = graph.edges.filter((edge) => edge.to === node.id);
  const outgoing = graph.edges.filter((edge) => edge.from === node.id);
  const topic = node.kind === 'topic' ? topics.get(node.name) : undefined;
  const group = node.groupId === null ? undefined : groups.get(node.groupId);
  const title = (
    <>
      <Icon name={kindIcons[node.kind]} />
      <span className="truncate">{node.name}</span>
    </>
  );
  return (
    <Panel
      label={`${kindNames[node.kind]} ${node.name}`}
      title={title}
      subtitle={kindNames[node.kind]}
      onClose={onClose}
    >
      <Facts>
        <Fact name="State">
          <State health={node.health}>
            {isStore(node) ? (node.health === 'good' ? 'flowing' : 'quiet') : noteOf(node)}
          </State>
        </Fact>
        {node.partitions !== null && <Fact name="Partitions">{node.partitions}</Fact>}
        {node.count !== null && (
          <Fact name={countNames[node.kind] ?? 'Records'}>
            <Count value={node.count} />
          </Fact>
        )}
        {group && (
          <Fact name="Lag">
            <Count value={group.lagRecords} unit="records" />
          </Fact>
        )}
        {node.lastAtMs !== null && (
          <Fact name="Last active">
            <Age atMs={node.lastAtMs} suffix=" ago" />
          </Fact>
        )}
        {node.clientIds.length > 0 && (
          <Fact name={node.clientIds.length === 1 ? 'Client id' : 'Client ids'}>
            <span className="mono">{node.clientIds.slice(0, 10).join(', ')}</span>
          </Fact>
        )}
      </Facts>
      {topic && (
        <PanelSection title="Written in the last minute">
          <Sparkline
            values={topic.history}
            label={`Rate over the last minute, now ${formatRate(topic.perSecond)} records a second`}
            width={400}
            height={48}
          />
        </PanelSection>
      )}
      {group && (
        <PanelSection title="Lag in the last minute">
          <Sparkline
            values={group.lagHistory}
            label={`Lag over the last minute, now ${group.lagRecords} records`}
            width={400}
            height={48}
            tone="warning"
          />
        </PanelSection>
      )}
      <Connections title="In" edges={incoming} graph={graph} side="from" onSelect={onSelect} />
      <Connections title="Out" edges={outgoing} graph={graph} side="to" onSelect={onSelect} />
      <div className="flow-panel-links">
        {node.kind === 'topic' && (
          <Link className="link" to={topicPath(node.name)}>
            Browse messages
          </Link>
        )}
        {node.groupId !== null && (
          <Link className="link" to={groupPath(node.groupId)}>
            Members and lag by partition
          </Link>
        )}
        {node.kind === 'index' && (
          <Link className="link" to={`/ui/search?index=${encodeURIComponent(node.name)}`}>
            Search this index
          </Link>
        )}
        <Button icon="focus" onClick={() => onFocus(node.id)}>
          Show only what flows through it
        </Button>
      </div>
      {node.kind === 'topic' && (
        <PanelSection title="In a terminal">
          <Command>{`kcat -C -b 127.0.0.1:9092 -t ${node.name}`}</Command>
        </PanelSection>
      )}
    </Panel>
  );
}

function Connections({
  title,
  edges,
  graph,
  side,
  onSelect,
}: {
  title: string;
  edges: FlowEdge[];
  graph: FlowGraph;
  side: 'from' | 'to';
  onSelect: (id: string) => void;
}): ReactNode {
  if (edges.length === 0) return null;
  const names = new Map(graph.nodes.map((node) => [node.id, node.name]));
  return (
    <PanelSection title={title}>
      <ul className="flow-connections">
        {edges.map((edge) => (
          <li key={edge.id}>
            <button type="button" onClick={() => onSelect(edge.id)}>
              <span className="truncate">{names.get(edge[side])}</span>
              {edge.lagRecords !== null && (
                <span className="muted">
                  lag <Count value={edge.lagRecords} />
                </span>
              )}
              <Rate value={edge.perSecond} />
            </button>
          </li>
        ))}
      </ul>
    </PanelSection>
  );
}

function EdgePanel({
  graph,
  edge,
  onSelect,
  onClose,
}: {
  graph: FlowGraph;
  edge: FlowEdge;
  onSelect: (id: string) => void;
  onClose: () => void;
}): ReactNode {
  const from = graph.nodes.find((node) => node.id === edge.from);
  const to = graph.nodes.find((node) => node.id === edge.to);
  if (!from || !to) return null;
  const topic = from.kind === 'topic' ? from : to.kind === 'topic' ? to : null;
  const index = from.kind === 'index' ? from : to.kind === 'index' ? to : null;
  const end = (node: FlowNode): ReactNode => (
    <button type="button" className="link" onClick={() => onSelect(node.id)}>
      {node.name}
    </button>
  );
  return (
    <Panel
      label={`From ${from.name} to ${to.name}`}
      title={
        <>
          <span className="truncate">{from.name}</span>
          <Icon name="right" size={12} />
          <span className="truncate">{to.name}</span>
        </>
      }
      subtitle={sentenceOf(edge, (id) => (id === from.id ? from.name : to.name))}
      onClose={onClose}
    >
      <Facts>
        <Fact name="From">{end(from)}</Fact>
        <Fact name="To">{end(to)}</Fact>
        <Fact name="Rate">
          <Rate value={edge.perSecond} /> <span className="muted">{`${unitOf(edge)}, ${spanOf(edge)}`}</span>
        </Fact>
        <Fact name="Since start">
          <Count value={edge.total} unit={unitOf(edge)} /> <span className="muted">{unitOf(edge)}</span>
        </Fact>
        {edge.lagRecords !== null && (
          <Fact name="Lag">
            <Count value={edge.lagRecords} /> <span className="muted">records not yet committed</span>
          </Fact>
        )}
        {edge.lastAtMs !== null && (
          <Fact name="Last active">
            <Age atMs={edge.lastAtMs} suffix=" ago" />
          </Fact>
        )}
      </Facts>
      <div className="flow-panel-links">
        {topic && (
          <Link className="link" to={`${topicPath(topic.name)}?live=1`}>
            Watch the records of {topic.name}
          </Link>
        )}
        {edge.kind === 'call' && (
          <Link className="link" to={`/ui/traces?edge=${encodeURIComponent(`${from.name}>${to.name}`)}`}>
            Traces of these calls
          </Link>
        )}
        {index && (
          <Link className="link" to={`/ui/search?index=${encodeURIComponent(index.name)}`}>
            Search {index.name}
          </Link>
        )}
      </div>
    </Panel>
  );
}
