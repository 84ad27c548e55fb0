import { hostname } from 'node:os';
import { type Logger, silentLogger } from '@headwater/logger';
import { Crawler } from '../crawl/crawler.ts';
import type { CrawlTimes } from '../crawl/instance-crawl.ts';
import { defaultInstance, isServiceName } from '../crawl/target.ts';
import type { ServiceStatus, Tell } from '../events/records.ts';
import { EventWriter } from '../log/event-writer.ts';
import { MonitorError } from '../monitor-error.ts';
import { isRunning } from '../poll/local-process.ts';
import { type LifecycleFacts, lifecycleRecord } from '../supervise/lifecycle-topic.ts';

export interface ServiceCrawlerOptions {
  service: string;
  /** Its address; without a path its usual pages of health are tried. Without an address its process alone is watched. */
  url?: string | undefined;
  /** Default `host:service:port` of the address, as discovery has it; `hostname:service` without one. */
  instance?: string | undefined;
  /** A process of this machine that is watched too. */
  pid?: number | undefined;
  /** Kafka: where status, crashes and process states go. */
  bootstrap: string;
  registryUrl?: string | undefined;
  ca?: string | undefined;
  times?: Partial<CrawlTimes>;
  logger?: Logger;
}

export interface ServiceCrawler {
  readonly instance: string;
  readonly status: ServiceStatus;
  readonly reason: string;
  /** Whoever runs its process tells of its starts and ends: an exit that nobody asked for is a crash. */
  supervisorTold(facts: Omit<LifecycleFacts, 'service'>): void;
  /** Sends what waits. May be called twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const processLookMs = 1_000;

/**
 * A crawler for one service, in the service itself or beside it: looks at it each second and puts what happens on the topics of the monitor. A monitor that knows
 * the same instance from discovery leaves it to this one.
 *
 * @example
 * await using crawler = createCrawler({ service: 'orders', url: 'http://127.0.0.1:8090', bootstrap: '127.0.0.1:9092' });
 */
export function createCrawler(options: ServiceCrawlerOptions): ServiceCrawler {
  const { bootstrap, logger = silentLogger, pid, registryUrl, url } = options;
  if (!isServiceName(options.service))
    throw new MonitorError('HW_MONITOR_OPTION', 'service must be a name such as orders');
  if (url !== undefined && !(URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)))
    throw new MonitorError('HW_MONITOR_OPTION', `"${url}" is no address such as http://127.0.0.1:8090`);
  const service = options.service.toLowerCase();
  const instance = options.instance ?? (url === undefined ? `${hostname()}:${service}` : defaultInstance(service, url));
  const writer = new EventWriter({ bootstrap, registryUrl, clientId: `${service}-crawler`, logger });
  let isClosed = false;
  const tell: Tell = (kind, record) => {
    if (!isClosed) writer.tell(kind, record);
  };
  const crawler = new Crawler({
    tell,
    name: `${hostname()}:${process.pid}:${service}`,
    ca: options.ca,
    ...(options.times && { times: options.times }),
    logger,
  });
  const watch = crawler.addBeside({ service, instance, url: url ?? null, pid });
  crawler.start();
  let timer: NodeJS.Timeout | undefined;
  if (pid !== undefined) {
    if (url === undefined && isRunning(pid)) watch.answered(Date.now(), 'UP', `its process ${pid} runs`, null);
    timer = setInterval(() => {
      if (isRunning(pid)) return;
      clearInterval(timer);
      supervisorTold({ event: 'exit', pid });
    }, processLookMs);
    timer.unref();
  }
  const supervisorTold: ServiceCrawler['supervisorTold'] = (facts) => {
    crawler.supervisorTold(lifecycleRecord({ ...facts, service, instance }));
    // Without an address its process is all that can be seen.
    if (url === undefined && facts.event === 'start')
      watch.answered(Date.now(), 'UP', `its process ${facts.pid} runs`, null);
  };
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= (async () => {
      clearInterval(timer);
      crawler.close();
      isClosed = true;
      await writer.close();
    })();
    return closed;
  };
  return {
    instance,
    get status() {
      return watch.status;
    },
    get reason() {
      return watch.reason;
    },
    supervisorTold,
    close,
    [Symbol.asyncDispose]: close,
  };
}
