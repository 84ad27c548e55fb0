import { isIP } from 'node:net';
import { formatTraceparent, newFlags, newSpanId, newTraceId, parseTraceparent } from '@headwater/http';
import type { Call } from '../stages/call.ts';
import type { Observer } from '../stages/module.ts';
import type { End, Instance } from '../stages/policies.ts';
import type { ZipkinReporter, ZipkinSpan } from './zipkin-reporter.ts';

export interface TracerOptions {
  /** Share of the traces that begin here and are sampled; those that callers bring keep their flag. Default 1. */
  sampleRate: number;
  reporter: ZipkinReporter | undefined;
}

/** What a call carries of its trace. */
interface Trace {
  parentId: string | undefined;
  spanId: string;
  flags: number;
  isReported: boolean;
  /** Of the attempt under way. */
  clientSpanId: string;
  attemptStartMs: number;
}

const traceKey = Symbol('trace');

/**
 * Gives each call that is forwarded a trace: the caller's `traceparent` goes on, or a new one begins. With a reporter a sampled call of a route becomes a
 * SERVER span and a CLIENT span for each attempt; the upstream's parent is the attempt.
 */
export function tracer({ sampleRate, reporter }: TracerOptions): Observer {
  return {
    begun(call) {
      const given = parseTraceparent(call.req.headers['traceparent']);
      call.traceId = given?.traceId ?? newTraceId();
      const flags = given?.flags ?? newFlags(sampleRate >= 1 || Math.random() < sampleRate);
      const trace: Trace = {
        parentId: given?.spanId,
        spanId: newSpanId(),
        flags,
        // The console's own polling of parts would bury what users look for.
        isReported: reporter !== undefined && (flags & 1) !== 0 && (call.route !== undefined || given !== undefined),
        clientSpanId: '',
        attemptStartMs: 0,
      };
      call.state ??= new Map();
      call.state.set(traceKey, trace);
    },
    sending(call, headers) {
      const trace = traceOf(call);
      if (trace === undefined) return;
      trace.clientSpanId = trace.isReported ? newSpanId() : trace.spanId;
      trace.attemptStartMs = performance.now();
      headers.set('traceparent', formatTraceparent(call.traceId, trace.clientSpanId, trace.flags));
      // Without a parent that is understood it belongs to no trace.
      if (trace.parentId === undefined) headers.remove('tracestate');
    },
    attempted(call, instance, end) {
      const trace = traceOf(call);
      if (!trace?.isReported) return;
      reporter!.report(clientSpan(call, trace, instance, end));
    },
    ended(call) {
      const trace = traceOf(call);
      if (!trace?.isReported) return;
      const tags: Record<string, string> = {
        'http.method': call.method,
        'http.path': call.path,
        'http.status_code': String(call.status),
        'correlation.id': call.correlationId,
        outcome: call.outcome ?? '',
      };
      if (call.route !== undefined) tags['http.route'] = call.route.id;
      if (call.retries > 0) tags['retries'] = String(call.retries);
      if (call.errorCode !== '' || call.status >= 500) tags['error'] = call.errorCode || String(call.status);
      const family = isIP(call.clientAddress);
      reporter!.report({
        ...spanOf(call, trace.spanId, trace.parentId, 'SERVER', call.startMs),
        ...(family !== 0 && { remoteEndpoint: { [family === 4 ? 'ipv4' : 'ipv6']: call.clientAddress } }),
        tags,
      });
    },
  };
}

function clientSpan(call: Call, trace: Trace, instance: Instance, end: End): ZipkinSpan {
  const { hostname, port, protocol } = new URL(instance.origin);
  const tags: Record<string, string> = { 'http.method': call.method };
  if (end.status > 0) tags['http.status_code'] = String(end.status);
  if (end.error !== undefined) tags['error'] = end.error.code;
  else if (end.status >= 500) tags['error'] = String(end.status);
  if (instance.id !== undefined) tags['instance.id'] = instance.id;
  if (call.retries > 0) tags['retry'] = String(call.retries);
  return {
    ...spanOf(call, trace.clientSpanId, trace.spanId, 'CLIENT', trace.attemptStartMs),
    remoteEndpoint: {
      ...(instance.service !== undefined && { serviceName: instance.service }),
      ...(isIP(hostname) === 4 && { ipv4: hostname }),
      port: Number(port) || (protocol === 'https:' ? 443 : 80),
    },
    tags,
  };
}

function spanOf(call: Call, id: string, parentId: string | undefined, kind: ZipkinSpan['kind'], startMs: number) {
  return {
    traceId: call.traceId,
    id,
    ...(parentId !== undefined && { parentId }),
    kind,
    name: `${call.method.toLowerCase()} ${call.route?.id ?? call.part ?? 'gateway'}`,
    timestamp: Math.round((performance.timeOrigin + startMs) * 1_000),
    duration: Math.max(1, Math.round((performance.now() - startMs) * 1_000)),
    localEndpoint: { serviceName: 'gateway' },
  };
}

function traceOf(call: Call): Trace | undefined {
  return call.state?.get(traceKey) as Trace | undefined;
}
