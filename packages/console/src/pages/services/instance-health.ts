import type { ServiceInstance } from '../../api/discovery.ts';
import type { MonitoredInstance, MonitoredService } from '../../api/monitor.ts';
import type { Health } from '../../flow/health.ts';

/** An instance whose lease has run out is a warning whatever it last said. */
export function instanceHealth({ status, lease }: Pick<ServiceInstance, 'status' | 'lease'>): Health {
  if (status === 'DOWN') return 'bad';
  if (status === 'UP') return lease.isExpired ? 'warning' : 'good';
  return status === 'UNKNOWN' ? 'unknown' : 'warning';
}

/** Of a status alone, as the monitor gives it. */
export function statusHealth(status: string): Health {
  if (status === 'UP') return 'good';
  if (status === 'DOWN') return 'bad';
  return status === 'UNKNOWN' ? 'unknown' : 'warning';
}

/** A service that is up and does not stay so is a warning. */
export function serviceHealth({ isUnstable, status }: { isUnstable: boolean; status: string }): Health {
  return isUnstable && status === 'UP' ? 'warning' : statusHealth(status);
}

const words: Record<string, string> = {
  UP: 'Up',
  DOWN: 'Down',
  STARTING: 'Starting',
  DRAINING: 'Draining',
  OUT_OF_SERVICE: 'Out of service',
  UNKNOWN: 'Unknown',
};

export function statusText(status: string): string {
  return words[status] ?? status;
}

export function instanceStateText({ status, lease }: Pick<ServiceInstance, 'status' | 'lease'>): string {
  return lease.isExpired ? `${statusText(status)}, silent` : statusText(status);
}

/** Where it answers: `127.0.0.1:8080`. */
export function addressOf({ hostName, port, securePort }: ServiceInstance): string {
  return `${hostName}:${securePort.isEnabled && !port.isEnabled ? securePort.port : port.port}`;
}

/** By its machine and id; an instance that does not tell its id is a process of its own. */
export const processOf = ({ address, instance, pid }: MonitoredInstance): string =>
  pid === null ? instance : `${hostOf(address)} ${pid}`;

const hostOf = (address: string | null): string => (URL.canParse(address ?? '') ? new URL(address!).hostname : '');

/** Of each service those that run in a process with it. */
export function sharersOf(services: readonly Pick<MonitoredService, 'service' | 'instances'>[]): Map<string, string[]> {
  const byProcess = new Map<string, Set<string>>();
  for (const { instances, service } of services) {
    for (const instance of instances) {
      const key = processOf(instance);
      byProcess.set(key, (byProcess.get(key) ?? new Set()).add(service));
    }
  }
  return new Map(
    services.map(({ instances, service }) => {
      const together = new Set(instances.flatMap((instance) => [...byProcess.get(processOf(instance))!]));
      together.delete(service);
      return [service, [...together].sort()];
    }),
  );
}
