import { MonitorError } from '../monitor-error.ts';
import type { Identity } from '../watch/instance-watch.ts';

/** An instance that is looked after because somebody named it. */
export interface Target {
  service: string;
  /** Without a path its usual pages of health are tried; with one, this page only. */
  url: string;
  /** Default `host:service:port`, as Spring has it. */
  instance?: string;
  /** Its process, where it runs on this machine. */
  pid?: number;
}

/** An instance as discovery has it. */
export interface DiscoveredInstance extends Identity {
  service: string;
  instance: string;
  /** Where it serves. */
  url: string;
  /** Where its health may be. */
  healthUrls: readonly string[];
  status: 'UP' | 'DOWN' | 'STARTING' | 'OUT_OF_SERVICE' | 'UNKNOWN';
}

const namePattern = /^[\p{L}\p{N}][\p{L}\p{N}._:@/ -]{0,199}$/u;

export function isServiceName(name: unknown): name is string {
  return typeof name === 'string' && namePattern.test(name);
}

export function defaultInstance(service: string, url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${service}:${port || (protocol === 'https:' ? 443 : 80)}`;
}

/**
 * Targets as people write them: `{service, url, instance?, pid?}`, or `orders=http://127.0.0.1:8090`; a list of them, or a text with commas.
 *
 * @throws MonitorError HW_MONITOR_OPTION that says which of them is wrong
 */
export function readTargets(value: unknown, where = 'monitor.targets'): Target[] {
  if (value === undefined || value === null || value === '') return [];
  const list = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [value];
  return list.map((entry: unknown, i) => {
    const given = typeof entry === 'string' ? ofText(entry) : entry;
    const { service, url, instance, pid } = (typeof given === 'object' && given !== null ? given : {}) as Record<
      string,
      unknown
    >;
    const at = `${where}[${i}]`;
    if (!isServiceName(service))
      throw new MonitorError(
        'HW_MONITOR_OPTION',
        `${at}.service is missing: give {service: orders, url: "http://127.0.0.1:8090"}`,
      );
    if (typeof url !== 'string' || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new MonitorError(
        'HW_MONITOR_OPTION',
        `${at}.url of ${service} is no address such as http://127.0.0.1:8090`,
      );
    if (pid !== undefined && !(Number.isInteger(Number(pid)) && Number(pid) > 0))
      throw new MonitorError('HW_MONITOR_OPTION', `${at}.pid of ${service} is no process id`);
    return {
      service: service.toLowerCase(),
      url,
      ...(instance !== undefined && { instance: String(instance).slice(0, 200) }),
      ...(pid !== undefined && { pid: Number(pid) }),
    };
  });
}

function ofText(text: string): { service: string; url: string } {
  const equals = text.indexOf('=');
  return { service: text.slice(0, Math.max(0, equals)).trim(), url: text.slice(equals + 1).trim() };
}
