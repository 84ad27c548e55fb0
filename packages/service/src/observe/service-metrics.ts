import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds; Spring Boot's usual service level objectives and what lies below them, as handlers here answer within milliseconds. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

let processRegistry: Registry | undefined;

/** What is true of the process, whichever of its services is asked: gathered from the first time that somebody asks. */
function processMetrics(): Registry {
  if (processRegistry === undefined) {
    processRegistry = new Registry();
    collectDefaultMetrics({ register: processRegistry });
    new Gauge({
      name: 'process_uptime_seconds',
      help: 'The uptime of the process.',
      registers: [processRegistry],
      collect() {
        this.set(process.uptime());
      },
    });
  }
  return processRegistry;
}

/** The metrics of one service. `registry` takes a service's own ones too. */
export class ServiceMetrics {
  readonly registry = new Registry();
  readonly #requests: Histogram<'method' | 'uri' | 'status' | 'outcome'>;
  /** Route → status → its histogram: working labels out for each request costs more than counting it. */
  readonly #ofRoutes = new Map<string, Map<number, { observe(seconds: number): void }>>();
  readonly #calls: Histogram<'client_name' | 'method' | 'status' | 'outcome'>;
  readonly #retries: Counter<'client_name'>;
  readonly #produced: Counter<'topic'>;
  readonly #consumed: Counter<'topic' | 'group'>;
  readonly #handled: Histogram<'topic' | 'group' | 'outcome'>;
  readonly #logged: Counter<'level'>;

  constructor(service: string, instance: string) {
    const { registry } = this;
    registry.setDefaultLabels({ application: service, instance });
    const registers = [registry];
    this.#requests = new Histogram({
      name: 'http_server_requests_seconds',
      help: 'Requests that were answered, by route.',
      labelNames: ['method', 'uri', 'status', 'outcome'],
      buckets,
      registers,
    });
    this.#calls = new Histogram({
      name: 'http_client_requests_seconds',
      help: 'Calls of other services, each with its retries.',
      labelNames: ['client_name', 'method', 'status', 'outcome'],
      buckets,
      registers,
    });
    this.#retries = new Counter({
      name: 'http_client_retries_total',
      help: 'Attempts beyond the first of calls of other services.',
      labelNames: ['client_name'],
      registers,
    });
    this.#produced = new Counter({
      name: 'kafka_records_produced_total',
      help: 'Records that the event store has acknowledged.',
      labelNames: ['topic'],
      registers,
    });
    this.#consumed = new Counter({
      name: 'kafka_records_consumed_total',
      help: 'Records that were read.',
      labelNames: ['topic', 'group'],
      registers,
    });
    this.#handled = new Histogram({
      name: 'kafka_listener_seconds',
      help: 'How long the handling of a record took.',
      labelNames: ['topic', 'group', 'outcome'],
      buckets,
      registers,
    });
    this.#logged = new Counter({
      name: 'log_events_total',
      help: 'Lines that were logged.',
      labelNames: ['level'],
      registers,
    });
  }

  request(method: string, uri: string, status: number, seconds: number): void {
    const route = `${method} ${uri}`;
    let statuses = this.#ofRoutes.get(route);
    if (statuses === undefined) this.#ofRoutes.set(route, (statuses = new Map()));
    let histogram = statuses.get(status);
    if (histogram === undefined) {
      histogram = this.#requests.labels({ method, uri, status, outcome: outcomeOf(status) });
      statuses.set(status, histogram);
    }
    histogram.observe(seconds);
  }

  /** Status 0: no answer came. */
  call(client_name: string, method: string, status: number, seconds: number): void {
    const outcome = status === 0 ? 'UNKNOWN' : outcomeOf(status);
    this.#calls.observe({ client_name, method, status: status === 0 ? 'IO_ERROR' : status, outcome }, seconds);
  }

  retry(client_name: string): void {
    this.#retries.inc({ client_name });
  }

  produced(topic: string, records: number): void {
    this.#produced.inc({ topic }, records);
  }

  consumed(topic: string, group: string, records: number): void {
    this.#consumed.inc({ topic, group }, records);
  }

  handled(topic: string, group: string, isSuccess: boolean, seconds: number): void {
    this.#handled.observe({ topic, group, outcome: isSuccess ? 'success' : 'failure' }, seconds);
  }

  logged(level: string): void {
    this.#logged.inc({ level });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** Prometheus' text format: the service's own, then the process'. */
  async text(): Promise<string> {
    return `${await this.registry.metrics()}\n${await processMetrics().metrics()}`;
  }

  /** All metrics as data. */
  async data(): Promise<MetricData[]> {
    const own = await this.registry.getMetricsAsJSON();
    return [...own, ...(await processMetrics().getMetricsAsJSON())] as unknown as MetricData[];
  }
}

export interface MetricData {
  name: string;
  help: string;
  type: string;
  values: readonly { value: number; labels: Readonly<Record<string, string | number>>; metricName?: string }[];
}

function outcomeOf(status: number): string {
  if (status < 200) return 'INFORMATIONAL';
  if (status < 300) return 'SUCCESS';
  if (status < 400) return 'REDIRECTION';
  return status < 500 ? 'CLIENT_ERROR' : 'SERVER_ERROR';
}
