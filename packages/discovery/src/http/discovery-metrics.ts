import type { PrometheusText } from '@headwater/http';
import type { Registry } from '../registry/registry.ts';

/** Services that have series of their own. */
const servicesMax = 1_000;

/** Instances by service and status. */
export function discoveryMetrics(text: PrometheusText, registry: Registry): void {
  text.gauge('headwater_discovery_services', 'Services that are registered.', registry.apps.size);
  const name = 'headwater_discovery_instances';
  text.metric(name, 'gauge', 'Instances by service and status.');
  let services = 0;
  for (const [app, leases] of registry.apps) {
    if (++services > servicesMax) return;
    const counts = new Map<string, number>();
    for (const { status } of leases.values()) counts.set(status, (counts.get(status) ?? 0) + 1);
    for (const [status, count] of counts) text.sample(name, { service: app.toLowerCase(), status }, count);
  }
}
