import type { HttpServer } from '@headwater/http';
import type { SampleStore } from '../store/sample-store.ts';
import type { Series } from '../store/series.ts';
import { readWriteRequest } from './read-write-request.ts';

const bytesMax = 64 * 1024 * 1024;

export interface RemoteWriteCounter {
  remoteWrite(added: number, refused: number): void;
}

/** Adds `POST /api/v1/write`: remote write 1.0, as Prometheus and its agents send it. */
export function addRemoteWriteRoute(
  server: HttpServer,
  store: SampleStore,
  tell: (series: Series, timeMs: number, value: number) => void,
  counter: RemoteWriteCounter,
): void {
  server.route(
    'POST',
    '/api/v1/write',
    async (ctx) => {
      // Snappy is a content encoding that only remote write has: the body's reader is not to look at it.
      if (ctx.req.headers['content-encoding']?.toLowerCase() === 'snappy') delete ctx.req.headers['content-encoding'];
      if (/proto=io\.prometheus\.write\.v2/.test(ctx.req.headers['content-type'] ?? ''))
        return ctx.send(415, 'remote write 2.0 is not served: send prometheus.WriteRequest\n');
      const all = readWriteRequest(await ctx.body(), bytesMax);
      let added = 0;
      let refused = 0;
      let reason = '';
      for (const { labels, samples } of all) {
        const series = labels.name === '' ? undefined : store.series(labels);
        if (series === undefined) {
          refused += samples.length;
          reason = labels.name === '' ? 'a series has no name' : 'there are too many series';
          continue;
        }
        for (const { isStale, timeMs, value } of samples) {
          const result = isStale ? store.appendStale(series, timeMs) : store.append(series, timeMs, value);
          if (result === 'added') {
            added += 1;
            if (!isStale) tell(series, timeMs, value);
          } else if (result !== 'duplicate') {
            refused += 1;
            reason = result === 'too-old' ? 'too old sample' : 'out of order sample';
          }
        }
      }
      store.flush();
      counter.remoteWrite(added, refused);
      // 400 is not sent again; what could be kept is kept.
      if (refused > 0) ctx.send(400, `${refused} samples are not kept: ${reason}\n`);
      else ctx.send(204);
    },
    { maxBodyBytes: bytesMax },
  );
}
