import { parseObject } from '../decode/line.ts';

/** A line as a container wrote it, out of the file that its runtime keeps. */
export interface ContainerLine {
  text: string;
  stream: string;
  /** When the runtime read it; undefined where it does not say so rightly. */
  timestampMs: number | undefined;
  /** The runtime cut it: the next of the same stream goes on. */
  isPartial: boolean;
}

const criLine = /^(\d{4}-\d\d-\d\dT\S{9,24}) (stdout|stderr) ([FP])(?::\S+)? ?/;

/**
 * Reads Docker's json-file lines (`{"log":"…\n","stream":"stdout","time":"…"}`, cut ones without the newline) and those of the Container Runtime Interface
 * (`TIME stdout F text`, cut ones with P). Undefined for a line that is neither.
 */
export function readContainerLine(line: string): ContainerLine | undefined {
  if (line.startsWith('{"log":')) {
    const object = parseObject(line);
    if (typeof object?.['log'] !== 'string' || typeof object['stream'] !== 'string') return undefined;
    const log = object['log'];
    const isPartial = !log.endsWith('\n');
    const text = isPartial ? log : log.slice(0, log.endsWith('\r\n') ? -2 : -1);
    return { text, stream: object['stream'], timestampMs: timeOf(object['time']), isPartial };
  }
  const cri = criLine.exec(line);
  if (cri === null) return undefined;
  const [head, time, stream, tag] = cri;
  return { text: line.slice(head.length), stream: stream!, timestampMs: timeOf(time), isPartial: tag === 'P' };
}

function timeOf(time: unknown): number | undefined {
  const ms = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

const podFile = /(?:^|\/)([^_/]+)_([^_/]+)_(.+)-([0-9a-f]{64})\.log$/;
const podDirectory = /\/pods\/([^_/]+)_([^_/]+)_[^/]+\/([^/]+)\/\d+\.log$/;
const dockerFile = /\/([0-9a-f]{64})(?:-json)?\.log$/;

/** What a container's log file is named after: `/var/log/containers/POD_NAMESPACE_CONTAINER-ID.log`, `/var/log/pods/NAMESPACE_POD_UID/CONTAINER/0.log`. */
export function containerOf(path: string): { service: string; attributes: Record<string, string> } | undefined {
  const file = podFile.exec(path);
  if (file !== null) {
    const [, pod, namespace, container, id] = file as unknown as [string, string, string, string, string];
    const attributes = { 'k8s.pod.name': pod, 'k8s.namespace.name': namespace, 'container.id': id };
    return { service: container, attributes };
  }
  const directory = podDirectory.exec(path);
  if (directory !== null) {
    const [, namespace, pod, container] = directory as unknown as [string, string, string, string];
    return { service: container, attributes: { 'k8s.pod.name': pod, 'k8s.namespace.name': namespace } };
  }
  const id = dockerFile.exec(path)?.[1];
  return id === undefined ? undefined : { service: id.slice(0, 12), attributes: { 'container.id': id } };
}
