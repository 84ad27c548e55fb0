import { memo, type ReactNode, useRef, useState } from 'react';
import { Link } from '../app/navigation.tsx';
import { tweetsTopic } from '../app/places.ts';
import { IconButton } from '../components/controls.tsx';
import { Marked } from '../components/marked.tsx';
import { Command, Empty, Failure, Loading } from '../components/notice.tsx';
import { Rate, Time } from '../components/numbers.tsx';
import { markTerms, type Segment } from '../format/highlight.ts';
import { formatExact, formatRate } from '../format/number.ts';
import type { TailEntry } from '../live/tail.ts';
import { tailPath } from '../url/message-query.ts';
import { topicPath } from '../url/route.ts';
import { Pane } from './pane.tsx';
import { previewOf, tweetOf } from './record-preview.ts';
import { type TailView, useTail } from './use-tail.ts';

/** DOM rows of the list; older records are on the topic's own page. */
const shownMax = 60;
/** Above this rate rows do not light up as they come: everything would glow all the time. */
const calmPerSecond = 8;

const noTerms: readonly string[] = [];

interface ArrivalsProps {
  topic: string;
  /** In place of the topic's name, e.g. a choice of topics. */
  title?: ReactNode;
  /** Words to mark, as the search box beside says. */
  terms?: readonly string[];
}

/** Records of one topic as they arrive, newest on top. */
export function Arrivals({ topic, title, terms = noTerms }: ArrivalsProps): ReactNode {
  const tail = useTail(tailPath(topic, { partition: null, contains: '' }), { capacity: 1000, shown: shownMax });
  const body = useRef<HTMLElement>(null);
  const [isHeldByButton, setHeldByButton] = useState(false);
  const letGo = (): void => {
    setHeldByButton(false);
    tail.setHeld(false);
    body.current?.scrollTo({ top: 0 });
  };
  const tools = (
    <>
      {tail.status !== null && tail.status.droppedRecords > 0 && (
        <span
          className="pane-figure"
          title="Left out by the server because this page reads too slowly. They are in the topic."
        >
          {formatExact(tail.status.droppedRecords)} dropped
        </span>
      )}
      <span className="pane-figure">
        <Rate value={Math.round(tail.perSecond * 10) / 10} />
      </span>
      <IconButton
        icon={isHeldByButton ? 'play' : 'pause'}
        name={isHeldByButton ? 'Resume this list' : 'Pause this list'}
        aria-pressed={isHeldByButton}
        onClick={() => {
          if (isHeldByButton) return letGo();
          setHeldByButton(true);
          tail.setHeld(true);
        }}
      />
    </>
  );
  const isTweets = topic === tweetsTopic;
  return (
    <Pane
      title={
        title ?? (
          <>
            {isTweets ? 'Tweets arriving' : 'Records arriving'}
            <Link className="link mono truncate" to={`${topicPath(topic)}?live=1`}>
              {topic}
            </Link>
          </>
        )
      }
      tools={tools}
    >
      {tail.newCount > 0 && tail.isHeld && (
        <button type="button" className="new-pill" onClick={letGo}>
          {formatExact(tail.newCount)} new
        </button>
      )}
      <section
        className="pane-body"
        ref={body}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        aria-label={`Newest records of ${topic}`}
        onScroll={(event) => {
          if (!isHeldByButton) tail.setHeld(event.currentTarget.scrollTop > 8);
        }}
      >
        {tail.entries.length > 0 ? (
          <div className="arrivals">
            {tail.entries.map((entry) => (
              <Arrival
                key={entry.sequence}
                entry={entry}
                topic={topic}
                terms={terms}
                isCalm={tail.perSecond <= calmPerSecond}
              />
            ))}
          </div>
        ) : (
          <NothingYet topic={topic} tail={tail} />
        )}
      </section>
      <p className="visually-hidden" role="status">
        {tail.isHeld ? `Paused, ${tail.newCount} new` : ''}
      </p>
    </Pane>
  );
}

/** A row is drawn once: the list above it moves many times a second. */
const Arrival = memo(function Arrival({
  entry,
  topic,
  terms,
  isCalm,
}: {
  entry: TailEntry;
  topic: string;
  terms: readonly string[];
  isCalm: boolean;
}): ReactNode {
  if (entry.gap !== null) return <p className="arrival-gap">{entry.gap}</p>;
  const record = entry.record();
  const tweet = tweetOf(record);
  const place = `${record.partition}:${record.offset}`;
  const className = `arrival ${isCalm ? 'arrival-new' : ''}`;
  const to = `${topicPath(topic)}?record=${place}`;
  if (tweet) {
    const segments: Segment[] = markTerms(tweet.text, terms);
    return (
      <Link className={className} to={to}>
        <span className="arrival-text">
          <Marked segments={segments} />
        </span>
        <span className="arrival-meta">
          <span className="truncate">
            user <span className="mono">{tweet.userId}</span>
          </span>
          <span className="mono" title="Partition and offset">
            {place}
          </span>
          <Time atMs={record.timestamp} />
        </span>
      </Link>
    );
  }
  const key = previewOf(record.key, 'no key');
  const value = previewOf(record.value, 'tombstone');
  return (
    <Link className={className} to={to}>
      <span className={`arrival-line mono ${value.isPlain ? '' : 'muted'}`}>{value.text}</span>
      <span className="arrival-meta">
        <span className="truncate mono">{key.text}</span>
        <span className="mono" title="Partition and offset">
          {place}
        </span>
        <Time atMs={record.timestamp} />
      </span>
    </Link>
  );
});

function NothingYet({ topic, tail }: { topic: string; tail: TailView }): ReactNode {
  if (tail.state.kind === 'error') {
    return (
      <Failure
        title="The stream of this topic failed"
        error={{ message: tail.state.message, code: 'retrying by itself', status: tail.state.status }}
      />
    );
  }
  if (tail.state.kind === 'connecting') return <Loading rows={5} label="Connecting to the topic" />;
  return (
    <Empty title={`Waiting for the next record (now ${formatRate(tail.perSecond)}/s)`}>
      <p>Only records written from now on are listed here. Write one:</p>
      <Command>{`curl -d '{"text":"hello"}' '${location.origin}/api/produce/${topic}'`}</Command>
      <p>
        <Link className="link" to={topicPath(topic)}>
          Browse what the topic already has
        </Link>
      </p>
    </Empty>
  );
}
