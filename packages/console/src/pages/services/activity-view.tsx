import { type ReactNode, useState } from 'react';
import { type EventKind, eventKinds, eventsPath, monitorStreamPath, type ServiceEvent } from '../../api/monitor.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { paused, useSubscription } from '../../app/live.ts';
import { setParams, useParams } from '../../app/navigation.tsx';
import { useStore } from '../../app/store.ts';
import { Button, Segments } from '../../components/controls.tsx';
import { Command, Empty, Failure, Loading } from '../../components/notice.tsx';
import { plural } from '../../format/number.ts';
import { EventList } from './event-list.tsx';
import { eventText, kindPlurals } from './event-words.ts';

const askedFor = 300;
const keptMax = 1_000;
const choices = [
  { value: 'all', name: 'All' },
  ...eventKinds.map((kind) => ({ value: kind, name: kindPlurals[kind] })),
] as const;

/** What happens to all services, as it happens: status, triggers, crashes, notifications, alerts. */
export function ActivityView({ filter }: { filter: string }): ReactNode {
  const kind = useParams().get('kind') ?? 'all';
  const { data, error, reload } = useFetch<{ events: ServiceEvent[] }>(eventsPath(askedFor));
  const [fresh, setFresh] = useState<readonly ServiceEvent[]>([]);
  const [missed, setMissed] = useState(0);
  const isPaused = useStore(paused);
  const [waiting, setWaiting] = useState<readonly ServiceEvent[]>([]);
  useSubscription(monitorStreamPath, {
    onEvent: (name, text) => {
      if (name === 'gap') setMissed((before) => before + ((JSON.parse(text) as { missed: number }).missed ?? 0));
      if (!(eventKinds as readonly string[]).includes(name)) return;
      const event = JSON.parse(text) as ServiceEvent;
      const add = isPaused ? setWaiting : setFresh;
      add((before) => [event, ...before].slice(0, keptMax));
    },
  });
  const show = (): void => {
    setFresh((before) => [...waiting, ...before].slice(0, keptMax));
    setWaiting([]);
  };
  if (error && !data) return <Failure title="The monitor did not answer" error={error} onRetry={reload} />;
  if (!data) return <Loading rows={8} />;
  const wanted = filter.toLowerCase();
  const known = new Set(data.events.map(keyOf));
  const shown = [...fresh.filter((event) => !known.has(keyOf(event))), ...data.events].filter(
    (event) =>
      (kind === 'all' || event.kind === kind) &&
      `${event.service ?? ''} ${event.instance ?? ''} ${eventText(event)}`.toLowerCase().includes(wanted),
  );
  return (
    <div className="services-scroll">
      <div className="services-kinds">
        <Segments
          label="Kind"
          value={choices.find(({ value }) => value === kind)?.value ?? 'all'}
          choices={choices}
          onChange={(next: EventKind | 'all') => setParams({ kind: next === 'all' ? null : next })}
        />
        {waiting.length > 0 && <Button onClick={show}>{`${plural(waiting.length, 'new event')}`}</Button>}
        {missed > 0 && <span className="muted">{plural(missed, 'event')} came faster than they could be shown</span>}
      </div>
      {shown.length === 0 ? (
        <NoEvents isFiltered={wanted !== '' || kind !== 'all'} />
      ) : (
        <EventList events={shown} hasService />
      )}
    </div>
  );
}

function NoEvents({ isFiltered }: { isFiltered: boolean }): ReactNode {
  if (isFiltered) return <Empty title="Nothing of the kind has happened" />;
  return (
    <Empty title="Nothing has happened yet">
      <p>Any program counts what it does by one request:</p>
      <Command>
        {
          'curl http://127.0.0.1:8080/api/monitor/triggers -H \'content-type: application/json\' -d \'{"service":"orders","trigger":"order-placed"}\''
        }
      </Command>
      <p>And tells people by another:</p>
      <Command>
        {
          'curl http://127.0.0.1:8080/api/notify -H \'content-type: application/json\' -d \'{"service":"orders","title":"Stock is low","severity":"warning"}\''
        }
      </Command>
    </Empty>
  );
}

const keyOf = (event: ServiceEvent): string =>
  `${event.timestampMs} ${event.kind} ${event.service} ${event.instance ?? ''} ${event.id ?? ''} ${eventText(event)}`;
