import { type ReactNode, useMemo } from 'react';
import { setParams, useParams } from '../../app/navigation.tsx';
import { Page } from '../../app/page.tsx';
import { tweetsTopic } from '../../app/places.ts';
import { usePlatform } from '../../app/platform.ts';
import { Command, Empty, Loading } from '../../components/notice.tsx';
import { queryTerms } from '../../format/highlight.ts';
import { Arrivals } from '../../panes/arrivals.tsx';
import { Hits } from '../../panes/hits.tsx';
import { TopWords } from '../../panes/top-words.tsx';
import './tweets-page.css';

/** The example's own page: tweets as they arrive, a search that keeps finding, and the words that count. */
export default function TweetsPage(): ReactNode {
  const query = useParams().get('q') ?? '';
  const terms = useMemo(() => queryTerms(query), [query]);
  const platform = usePlatform();
  if (platform.atMs === null) return <Loading />;
  return (
    <Page title="Tweets" isFilled>
      {platform.topics.has(tweetsTopic) ? (
        <div className="tweets">
          <Hits index="twitter-index" query={query} onQuery={(text) => setParams({ q: text }, { replace: true })} />
          <Arrivals topic={tweetsTopic} terms={terms} />
          <TopWords limit={50} />
        </div>
      ) : (
        <Empty title="The tweets example is not running">
          <p>It writes made-up tweets, indexes them and counts their words:</p>
          <Command>npm start</Command>
          <p>Real ones come in as JSON lines:</p>
          <Command>HEADWATER_TWEETS_SOURCE=file HEADWATER_TWEETS_FILE=tweets.jsonl npm start</Command>
        </Empty>
      )}
    </Page>
  );
}
