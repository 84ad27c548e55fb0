import type { ServiceStatus } from '../events/records.ts';
import type { Answer } from './bounded-get.ts';

export interface HealthVerdict {
  status: ServiceStatus;
  /** In words. */
  reason: string;
}

/** What frameworks call it: Spring Boot and Quarkus, MicroProfile, health+json (RFC draft), ASP.NET, and what people write. */
const known: Readonly<Record<string, ServiceStatus>> = {
  UP: 'UP',
  OK: 'UP',
  PASS: 'UP',
  HEALTHY: 'UP',
  ALIVE: 'UP',
  READY: 'UP',
  WARN: 'UP',
  DEGRADED: 'UP',
  GREEN: 'UP',
  YELLOW: 'UP',
  DOWN: 'DOWN',
  FAIL: 'DOWN',
  ERROR: 'DOWN',
  UNHEALTHY: 'DOWN',
  RED: 'DOWN',
  STARTING: 'STARTING',
  DRAINING: 'DRAINING',
  STOPPING: 'DRAINING',
  OUT_OF_SERVICE: 'OUT_OF_SERVICE',
  REFUSING_TRAFFIC: 'OUT_OF_SERVICE',
  UNKNOWN: 'UNKNOWN',
};

const reasonMax = 500;
const componentsMax = 5;

/** What the answer to a look says, by its body where that is a health document, else by its status. */
export function healthVerdict(answer: Answer): HealthVerdict {
  const { status: code } = answer;
  const isSuccess = code >= 200 && code < 300;
  const body = isSuccess || code >= 400 ? documentOf(answer) : undefined;
  const said = typeof body?.['status'] === 'string' ? body['status'].toUpperCase().replace(/[\s-]/g, '_') : undefined;
  const status = said === undefined ? undefined : known[said];
  if (status !== undefined) {
    const why = reasonsOf(body!);
    if (status === 'UP' && !isSuccess) return { status: 'DOWN', reason: `says UP, but answers ${code}` };
    return { status, reason: cut(`says ${body!['status']}${why === '' ? '' : `: ${why}`}`) };
  }
  if (isSuccess)
    return { status: 'UP', reason: answer.isCut ? `answers ${code}, more than is read` : `answers ${code}` };
  if (code === 401 || code === 403) return { status: 'UP', reason: `answers, and asks who wants to know (${code})` };
  if (code >= 300 && code < 400) {
    const to = answer.location === null ? '' : ` to ${answer.location.slice(0, 200)}`;
    return { status: 'DOWN', reason: cut(`answers ${code}${to}: give the address that answers itself`) };
  }
  return { status: 'DOWN', reason: `answers ${code}` };
}

function documentOf(answer: Answer): Record<string, unknown> | undefined {
  if (answer.isCut || answer.body.length === 0 || answer.body[0] !== 0x7b) return undefined;
  try {
    const value = JSON.parse(answer.body.toString('utf8')) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The components that are not well, as far as the document says: Spring's `components` and `details`, health+json's `checks`. */
function reasonsOf(body: Record<string, unknown>): string {
  const found: string[] = [];
  for (const list of ['components', 'details', 'checks', 'entries']) {
    const components = body[list];
    if (typeof components !== 'object' || components === null) continue;
    for (const [name, component] of Object.entries(components)) {
      if (found.length >= componentsMax) break;
      const each = (Array.isArray(component) ? component[0] : component) as Record<string, unknown> | null | undefined;
      if (typeof each !== 'object' || each === null || typeof each['status'] !== 'string') continue;
      if (known[each['status'].toUpperCase()] === 'UP') continue;
      const shown = typeof each['name'] === 'string' ? each['name'] : name;
      const details = each['details'] as Record<string, unknown> | undefined;
      const error = details?.['error'] ?? each['output'] ?? each['description'];
      found.push(
        `${shown.slice(0, 60)} ${each['status'].slice(0, 20)}${typeof error === 'string' ? ` (${error.slice(0, 200)})` : ''}`,
      );
    }
  }
  return found.join(', ');
}

function cut(text: string): string {
  // Whatever a service says goes into terminals and pages: no control characters.
  return [...text.slice(0, reasonMax)].map((char) => (char < ' ' || char === '\u007f' ? ' ' : char)).join('');
}
