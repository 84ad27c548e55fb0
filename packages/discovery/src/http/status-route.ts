import { availableParallelism } from 'node:os';
import type { HttpServer } from '@headwater/http';
import { element } from '../wire/write-xml.ts';
import { formatOf, mediaType } from './format.ts';

export interface ServerFacts {
  startedMs: number;
  url: () => string;
  /** Addresses of the other discovery servers that share the registry. */
  replicas: () => readonly string[];
}

/** `GET /status`: facts about the server, with the names that Netflix's `StatusInfo` has. */
export function addStatusRoute(server: HttpServer, base: string, facts: ServerFacts): void {
  server.route('GET', `${base}/status`, (ctx) => {
    const format = formatOf(ctx);
    const { generalStats, applicationStats } = statusOf(facts);
    if (format.isJson) return ctx.sendJson(200, { generalStats, applicationStats, isHealthy: true });
    const xml =
      `<com.netflix.eureka.util.StatusInfo>\n${section('generalStats', generalStats)}` +
      `${section('applicationStats', applicationStats)}</com.netflix.eureka.util.StatusInfo>`;
    ctx.send(200, xml, { 'content-type': mediaType(format) });
  });
}

function statusOf({ startedMs, replicas }: ServerFacts) {
  const { heapTotal, heapUsed } = process.memoryUsage();
  const minutes = Math.floor((Date.now() - startedMs) / 60_000);
  const two = (number: number): string => String(number).padStart(2, '0');
  const others = replicas().join(',');
  const megabytes = (bytes: number): number => Math.round(bytes / 1_048_576);
  return {
    generalStats: {
      'num-of-cpus': String(availableParallelism()),
      'total-avail-memory': `${megabytes(heapTotal)}mb`,
      'current-memory-usage': `${megabytes(heapUsed)}mb (${Math.round((heapUsed / heapTotal) * 100)}%)`,
      'server-uptime': `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`,
    },
    applicationStats: { 'registered-replicas': others, 'available-replicas': others, 'unavailable-replicas': '' },
  };
}

function section(name: string, values: Record<string, string>): string {
  const lines = Object.entries(values).map(([key, value]) => `    ${element(key, value)}\n`);
  return `  <${name}>\n${lines.join('')}  </${name}>\n`;
}
