import { type HttpContext, HttpError } from '@headwater/http';
import { type EventKind, eventKinds, type RecentEvent, type RecentEvents } from '../board/recent-events.ts';
import { badParameter } from './query-parameters.ts';

const readersMax = 500;

/**
 * `GET /stream`: events as they happen, `event: status|trigger|crash|notification|alert`. A reader that does not keep up misses events, and is told how many
 * by `event: gap` when it does again.
 */
export function streamEvents(ctx: HttpContext, events: RecentEvents): void {
  if (events.followers >= readersMax)
    throw new HttpError(
      503,
      'HW_MONITOR_TOO_MANY_READERS',
      `${readersMax} readers follow already: ask /events now and then`,
    );
  const service = ctx.query.get('service')?.toLowerCase() ?? undefined;
  const kinds = new Set((ctx.query.get('kind') ?? '').split(',').filter((kind) => kind !== ''));
  for (const kind of kinds)
    if (!(eventKinds as readonly string[]).includes(kind))
      throw badParameter(`kind is "${kind.slice(0, 50)}": give some of ${eventKinds.join(',')}`);
  const stream = ctx.sse();
  let missed = 0;
  const send = (event: RecentEvent): void => {
    if (kinds.size > 0 && !kinds.has(event.kind as EventKind)) return;
    if (service !== undefined && event.service !== service) return;
    if (!stream.isReady) {
      missed += 1;
      if (missed === 1) void stream.drained().then(tellGap);
      return;
    }
    stream.send({ event: event.kind, data: JSON.stringify(event) });
  };
  const tellGap = (): void => {
    if (missed === 0 || stream.isClosed) return;
    stream.send({ event: 'gap', data: JSON.stringify({ missed }) });
    missed = 0;
  };
  const leave = events.follow(send);
  void stream.closed.then(leave);
  // The head alone does not show a reader, nor proxies on the way, that the stream is open.
  stream.comment('open');
}
