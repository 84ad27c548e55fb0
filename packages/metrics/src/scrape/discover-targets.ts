import { LabelSet } from '../labels/label-set.ts';
import type { HttpGetter } from './http-get.ts';
import { groupOf, type TargetSource } from './scrape-config.ts';

const askTimeoutMs = 5_000;
const answerBytesMax = 16 * 1024 * 1024;

/** The targets of a source as they are found: each its labels, `__address__` among them. Rejects when the source does not answer. */
export async function discoverTargets(
  source: TargetSource,
  getter: HttpGetter,
  signal: AbortSignal,
): Promise<LabelSet[]> {
  if (source.kind === 'static' || source.kind === 'own') {
    const groups = source.kind === 'static' ? source.groups : source.groups();
    return groups.flatMap(({ labels, targets }) =>
      targets.map((target) => LabelSet.of({ ...labels, __address__: target })),
    );
  }
  const address = source.kind === 'http' ? source.url : `${eurekaBase(source.url)}/apps`;
  const ask = {
    timeoutMs: askTimeoutMs,
    maxBodyBytes: answerBytesMax,
    signal,
    headers: { accept: 'application/json' },
  };
  const { body, status } = await getter.ask(address, ask);
  if (status !== 200) throw new Error(`server returned HTTP status ${status}`);
  const answer: unknown = JSON.parse(body.toString('utf8'));
  if (source.kind === 'eureka') return eurekaTargets(answer);
  if (!Array.isArray(answer)) throw new Error('the answer is no list of targets');
  return answer.flatMap((entry: Record<string, unknown>) => {
    const { labels, targets } = groupOf(entry, source.url);
    return targets.map((target) => LabelSet.of({ ...labels, __address__: target, __meta_url: source.url }));
  });
}

function eurekaBase(url: string): string {
  const base = url.replace(/\/+$/, '');
  return new URL(base).pathname === '/' ? `${base}/eureka` : base;
}

type Tree = Record<string, unknown>;

function listOf(value: unknown): Tree[] {
  return (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]) as Tree[];
}

/**
 * Labels as Prometheus' own discovery by Eureka has them. Metadata of an instance says where its metrics are: `prometheus.scrape`,
 * `prometheus.port`, `prometheus.path`, `prometheus.scheme`, and Spring's `management.port` and `management.context-path`.
 */
function eurekaTargets(answer: unknown): LabelSet[] {
  const found: LabelSet[] = [];
  const applications = (answer as { applications?: Tree } | null)?.applications;
  if (applications === undefined) throw new Error('the answer holds no applications: is this a Eureka server?');
  for (const application of listOf(applications['application']))
    for (const instance of listOf(application['instance'])) {
      const metadata = (instance['metadata'] ?? {}) as Record<string, unknown>;
      const secure = portOf(instance['securePort']);
      const plain = portOf(instance['port']);
      const isSecure = secure !== undefined;
      const of = (key: string): string => String(metadata[key] ?? '');
      const host = String(instance['hostName'] ?? instance['ipAddr'] ?? '');
      const port = of('prometheus.port') || of('management.port') || String(secure ?? plain ?? '');
      if (host === '' || port === '' || of('prometheus.scrape') === 'false') continue;
      const service = String(instance['app'] ?? application['name'] ?? '').toLowerCase();
      const context = of('management.context-path');
      const labels: Record<string, string> = {
        __address__: `${host.includes(':') ? `[${host}]` : host}:${port}`,
        __scheme__: of('prometheus.scheme') || (isSecure ? 'https' : 'http'),
        job: service,
        service,
        __meta_eureka_app_name: String(application['name'] ?? ''),
        __meta_eureka_app_instance_hostname: host,
        __meta_eureka_app_instance_id: String(instance['instanceId'] ?? ''),
        __meta_eureka_app_instance_status: String(instance['status'] ?? ''),
        __meta_eureka_app_instance_ip_addr: String(instance['ipAddr'] ?? ''),
        __meta_eureka_app_instance_port: String(plain ?? ''),
        __meta_eureka_app_instance_vip_address: String(instance['vipAddress'] ?? ''),
      };
      const path = of('prometheus.path') || pathBelow(context);
      if (path !== '') labels['__metrics_path__'] = path;
      for (const [key, value] of Object.entries(metadata))
        if (!key.startsWith('@'))
          labels[`__meta_eureka_app_instance_metadata_${key.replace(/[^a-zA-Z0-9_]/g, '_')}`] = String(value);
      found.push(LabelSet.of(labels));
    }
  return found;
}

/** @param context where management is: with or without `/actuator` */
function pathBelow(context: string): string {
  if (context === '') return '';
  return `${context.replace(/\/$/, '')}${/\/actuator\/?$/.test(context) ? '' : '/actuator'}/prometheus`;
}

function portOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const { $: port, '@enabled': isEnabled } = (value ?? {}) as { $?: unknown; '@enabled'?: unknown };
  return String(isEnabled) === 'true' && Number(port) > 0 ? Number(port) : undefined;
}
