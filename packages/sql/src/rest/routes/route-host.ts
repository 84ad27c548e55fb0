import type { HttpContext } from '@headwater/http';
import type { Logger } from '@headwater/logger';
import { acceptedType } from '../accept.ts';
import { mediaTypes } from '../results/result-writer.ts';
import type { RunningQueries } from '../running-queries.ts';
import type { SqlService } from '../sql-service.ts';

/** What the routes share. */
export interface RouteHost {
  readonly service: SqlService;
  readonly running: RunningQueries;
  readonly logger: Logger;
  /** How long a request waits for `commandSequenceNumber`. Default 5,000 ms. */
  readonly commandTimeoutMs: number;
  /** `host:port` of this server, in /clusterStatus. */
  address(): string;
}

/** Answers with JSON, in the media type that is liked best. */
export function answerJson(ctx: HttpContext, value: unknown, status = 200): void {
  const type = acceptedType(ctx, [mediaTypes.json, mediaTypes.v1]);
  ctx.send(status, JSON.stringify(value), { 'content-type': type });
}
