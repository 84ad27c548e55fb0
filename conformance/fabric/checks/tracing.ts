import { randomBytes } from 'node:crypto';
import { type Check, Skip } from '../fabric.ts';
import { ask, get } from '../http.ts';
import { until } from '../until.ts';

const area = 'tracing';

interface Span {
  kind?: string;
  localEndpoint?: { serviceName?: string };
}

export const tracingChecks: Check[] = [
  {
    area,
    name: 'spans of both services in one trace at Zipkin, over HTTP',
    isShort: true,
    async run({ servers, front }) {
      if (servers.zipkinUrl === null) throw new Skip('no Zipkin');
      const traceId = randomBytes(16).toString('hex');
      await get(`${front.url}/call/echo?text=traced`, {
        headers: { traceparent: `00-${traceId}-${traceId.slice(16)}-01` },
      });
      const spans = await until('spans of both', async () => {
        const { status, body } = await ask(`${servers.zipkinUrl}/api/v2/trace/${traceId}`);
        const services = new Set(
          (status === 200 ? (body as Span[]) : []).map((span) => span.localEndpoint?.serviceName),
        );
        return services.has('front') && services.has('echo') && (body as Span[]);
      });
      return `${spans.length} spans`;
    },
  },
  {
    area,
    name: 'a record carries the trace from producer to listener',
    async run({ servers, front }) {
      if (servers.zipkinUrl === null) throw new Skip('no Zipkin');
      const traceId = randomBytes(16).toString('hex');
      const headers = { traceparent: `00-${traceId}-${traceId.slice(16)}-01` };
      await get(`${front.url}/orders`, { method: 'POST', json: { id: 'traced', amount: 1 }, headers });
      await until('a producer’s and a consumer’s span', async () => {
        const { status, body } = await ask(`${servers.zipkinUrl}/api/v2/trace/${traceId}`);
        const kinds = new Set((status === 200 ? (body as Span[]) : []).map(({ kind }) => kind));
        return kinds.has('PRODUCER') && kinds.has('CONSUMER');
      });
      return undefined;
    },
  },
];
