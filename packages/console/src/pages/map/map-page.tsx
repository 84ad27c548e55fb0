import { type ReactNode, useEffect, useMemo } from 'react';
import { navigate, setParams, useParams } from '../../app/navigation.tsx';
import { Figure, Figures, Page } from '../../app/page.tsx';
import { tweetsTopic } from '../../app/places.ts';
import {
  type Platform,
  setPlatformShown,
  useIsStale,
  usePlatform,
  watchCalls,
  watchFlow,
  watchServices,
} from '../../app/platform.ts';
import { Button, SearchBox, Segments, Select, Toggle } from '../../components/controls.tsx';
import { Command, Empty, Loading } from '../../components/notice.tsx';
import { Count, Rate } from '../../components/numbers.tsx';
import { StateIcon } from '../../components/state.tsx';
import { type FlowGraph as Graph, neighbourhood } from '../../flow/graph.ts';
import { isHiddenTopic, isPlatformGroup } from '../../flow/platform-topics.ts';
import { summarize } from '../../flow/summary.ts';
import { queryTerms } from '../../format/highlight.ts';
import { plural } from '../../format/number.ts';
import { Arrivals } from '../../panes/arrivals.tsx';
import { Hits } from '../../panes/hits.tsx';
import { TopWords } from '../../panes/top-words.tsx';
import { FlowGraph } from './flow-graph.tsx';
import { FlowPanel } from './flow-panel.tsx';
import { FlowTable } from './flow-table.tsx';
import './map-page.css';

const tweetsIndex = 'twitter-index';

/** The first page: is it well, what flows where, and what arrives right now. */
export function MapPage(): ReactNode {
  const platform = usePlatform();
  const params = useParams();
  useEffect(() => watchFlow(), []);
  useEffect(() => watchServices(), []);
  useEffect(() => watchCalls(), []);
  const isPlatformShown = params.get('platform') === '1';
  useEffect(() => {
    setPlatformShown(isPlatformShown);
    return () => setPlatformShown(false);
  }, [isPlatformShown]);
  const focus = params.get('focus');
  const selected = params.get('at');
  const graph = useMemo(() => focused(platform.graph, focus), [platform.graph, focus]);
  const select = (id: string | null): void => setParams({ at: id });
  const panel = selected !== null && platform.atMs !== null && (
    <FlowPanel
      graph={graph}
      selected={selected}
      onSelect={select}
      onFocus={(id) => setParams({ focus: id, at: null })}
    />
  );
  return (
    <Page title="Map" isFilled panel={panel}>
      <div className={`map ${graph.nodes.length >= searchableFrom ? 'map-large' : ''}`}>
        <Overview graph={platform.graph} platform={platform} onSelect={select} />
        <Flow graph={graph} platform={platform} selected={selected} onSelect={select} />
        <Now platform={platform} />
      </div>
    </Page>
  );
}

function focused(graph: Graph, focus: string | null): Graph {
  if (focus === null || !graph.nodes.some((node) => node.id === focus)) return graph;
  const kept = neighbourhood(graph.edges, focus);
  return {
    ...graph,
    nodes: graph.nodes.filter((node) => kept.has(node.id)),
    edges: graph.edges.filter((edge) => kept.has(edge.from) && kept.has(edge.to)),
  };
}

/** One line: the state of everything in words, and the few figures behind it. */
function Overview({
  graph,
  platform,
  onSelect,
}: {
  graph: Graph;
  platform: Platform;
  onSelect: (id: string) => void;
}): ReactNode {
  const summary = useMemo(() => summarize(graph), [graph]);
  // As many as their pages list: the platform's own where they are drawn.
  const isPlatformShown = useParams().get('platform') === '1';
  const countOf = (names: Iterable<string>, isPlatforms: (name: string) => boolean): number =>
    [...names].filter((name) => isPlatformShown || !isPlatforms(name)).length;
  const topics = countOf(platform.topics.keys(), isHiddenTopic);
  const groups = countOf(platform.groups.keys(), isPlatformGroup);
  const isStale = useIsStale();
  const isKnown = platform.atMs !== null && !isStale;
  const sentence = isKnown
    ? summary.sentence
    : isStale
      ? 'Unknown: no news of the flow'
      : 'Waiting for the first figures';
  return (
    <div className="map-overview">
      <div className={`map-verdict map-verdict-${isKnown ? summary.health : 'unknown'}`} role="status">
        <StateIcon health={isKnown ? summary.health : 'unknown'} size={14} />
        {isKnown && summary.aboutId ? (
          <button type="button" className="map-verdict-link" onClick={() => onSelect(summary.aboutId as string)}>
            {sentence}
          </button>
        ) : (
          <span>{sentence}</span>
        )}
      </div>
      <Figures label="Whole flow">
        <Figure name="Written">
          <Rate value={summary.inPerSecond} />
        </Figure>
        <Figure name="Read">
          <Rate value={summary.outPerSecond} />
        </Figure>
        <Figure name="Indexed">
          <Rate value={summary.indexedPerSecond} />
        </Figure>
        <Figure name="Lag">
          <Count value={summary.lagRecords} unit="records" />
        </Figure>
        <Figure name="Topics">
          <Count value={topics} />
        </Figure>
        <Figure name="Groups">
          <Count value={groups} />
        </Figure>
      </Figures>
    </div>
  );
}

const views = [
  { value: 'graph', name: 'Graph', icon: 'map' },
  { value: 'table', name: 'Table', icon: 'table' },
] as const;

/** Below this a search box over the map is furniture. */
const searchableFrom = 12;

function Flow({
  graph,
  platform,
  selected,
  onSelect,
}: {
  graph: Graph;
  platform: Platform;
  selected: string | null;
  onSelect: (id: string | null) => void;
}): ReactNode {
  const params = useParams();
  const find = params.get('find') ?? '';
  const view = params.get('view') === 'table' ? 'table' : 'graph';
  const focus = params.get('focus');
  const matches = useMemo(() => {
    if (find === '') return null;
    const wanted = find.toLowerCase();
    return new Set(graph.nodes.filter((node) => node.name.toLowerCase().includes(wanted)).map((node) => node.id));
  }, [graph, find]);
  const isStale = useIsStale();
  const quiet = graph.quietTopics.length;
  const isEmpty = graph.edges.length === 0;
  return (
    <section className={`map-flow ${isStale ? 'map-stale' : ''}`} aria-label="Flow">
      <div className="map-tools">
        {(graph.nodes.length >= searchableFrom || find !== '') && (
          <SearchBox
            label="Find in the flow"
            value={find}
            isPageFilter
            onChange={(text) => setParams({ find: text }, { replace: true })}
          />
        )}
        {focus !== null && (
          <Button icon="close" onClick={() => setParams({ focus: null })}>
            Through {focus.slice(focus.indexOf(':') + 1)} only
          </Button>
        )}
        <span className="map-platform">
          <Toggle
            label="Platform topics"
            isOn={params.get('platform') === '1'}
            onChange={(isOn) => setParams({ platform: isOn ? 1 : null })}
          />
        </span>
        {!isEmpty && (
          <Segments
            label="How the flow is shown"
            value={view}
            choices={views}
            onChange={(value) => setParams({ view: value === 'graph' ? null : value })}
          />
        )}
      </div>
      {platform.atMs === null ? (
        <Loading rows={3} label="Waiting for the first figures" />
      ) : isEmpty ? (
        <EmptyFlow quiet={quiet} />
      ) : view === 'table' ? (
        <FlowTable graph={graph} selected={selected} onSelect={onSelect} matches={matches} />
      ) : (
        <FlowGraph graph={graph} selected={selected} onSelect={onSelect} matches={matches} />
      )}
      {!isEmpty && quiet > 0 && view === 'graph' && (
        <p className="map-quiet" title={graph.quietTopics.slice(0, 40).join(', ')}>
          {plural(quiet, 'topic')} without readers or writers not drawn
        </p>
      )}
    </section>
  );
}

function EmptyFlow({ quiet }: { quiet: number }): ReactNode {
  return (
    <Empty title={quiet === 0 ? 'Nothing flows yet' : `${plural(quiet, 'topic')}, and nobody writes or reads`}>
      <p>The map draws itself from what it measures: who writes to which topic, and who reads it. Write a record:</p>
      <Command>{`curl -d '{"hello":"world"}' '${location.origin}/api/produce'`}</Command>
      <p>Or see a whole system at work:</p>
      <Command>npm start</Command>
      <p>This page fills by itself. Or begin with an empty topic:</p>
      <p>
        <Button icon="plus" onClick={() => navigate('/ui/topics?panel=create')}>
          Create a topic
        </Button>
      </p>
    </Empty>
  );
}

/** What arrives now, a search over it, and the words of it. */
function Now({ platform }: { platform: Platform }): ReactNode {
  const params = useParams();
  const query = params.get('q') ?? '';
  const hasTweets = platform.topics.has(tweetsTopic);
  const topic = params.get('tail') ?? (hasTweets ? tweetsTopic : busiest(platform));
  const terms = useMemo(() => queryTerms(query), [query]);
  if (platform.atMs === null) return <div className="map-now" />;
  // Without a topic the empty map says all there is to say.
  if (topic === null) return null;
  return (
    <div className={`map-now ${hasTweets ? '' : 'map-now-plain'}`}>
      <Arrivals
        key={topic}
        topic={topic}
        terms={terms}
        {...(hasTweets ? {} : { title: <TopicChoice topic={topic} platform={platform} /> })}
      />
      {hasTweets && (
        <>
          <Hits index={tweetsIndex} query={query} onQuery={(text) => setParams({ q: text }, { replace: true })} />
          <TopWords />
        </>
      )}
    </div>
  );
}

function TopicChoice({ topic, platform }: { topic: string; platform: Platform }): ReactNode {
  const names = [...platform.topics.keys()].filter((name) => !isHiddenTopic(name)).sort();
  return (
    <>
      Records arriving
      <Select aria-label="Topic to watch" value={topic} onChange={(event) => setParams({ tail: event.target.value })}>
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </Select>
    </>
  );
}

function busiest(platform: Platform): string | null {
  let found: string | null = null;
  let most = -1;
  for (const [name, { perSecond }] of platform.topics) {
    if (isHiddenTopic(name) || perSecond <= most) continue;
    found = name;
    most = perSecond;
  }
  return found;
}
