import type { ReactNode } from 'react';
import type { ServiceEvent } from '../../api/monitor.ts';
import { Link } from '../../app/navigation.tsx';
import { Time } from '../../components/numbers.tsx';
import { StateIcon } from '../../components/state.tsx';
import { tracePath } from '../../url/route.ts';
import { eventHealth, eventText, kindNames } from './event-words.ts';

/** What happened, the newest first. */
export function EventList({ events, hasService }: { events: readonly ServiceEvent[]; hasService: boolean }): ReactNode {
  return (
    <ul className="services-activity">
      {events.map((event, index) => (
        <li key={`${event.timestampMs} ${event.kind} ${event.instance ?? ''} ${events.length - index}`}>
          <Time atMs={event.timestampMs} />
          <span className="services-kind">
            <StateIcon health={eventHealth(event)} label="" />
            {kindNames[event.kind]}
          </span>
          {hasService && <span className="services-name truncate">{event.service ?? '–'}</span>}
          <span className="services-what">
            {eventText(event)}
            {event.instance && <span className="muted"> · {event.instance}</span>}
            {event.traceId && (
              <>
                {' · '}
                <Link to={tracePath(event.traceId)}>trace</Link>
              </>
            )}
            {event.lastLines !== undefined && event.lastLines.length > 0 && (
              <details>
                <summary>Its last lines</summary>
                <pre className="services-lines">{event.lastLines.join('\n')}</pre>
              </details>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
