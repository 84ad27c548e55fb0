import type { HttpContext } from '@headwater/http';
import { ConfigError } from '../config-error.ts';
import { asJson, asProperties, asYaml } from '../render/formats.ts';
import { type Environment, environmentJson } from '../resolve/environment.ts';
import type { ConfigService, EnvironmentRequest } from '../service/config-service.ts';
import { chooseMediaType, v2MediaType } from './accept.ts';
import { sendPlainFile } from './plain-files.ts';
import { sendSpringError } from './spring-errors.ts';
import { isUnsafe, parseSpringPath, type SpringCall, withSlashes } from './spring-paths.ts';

export interface SpringRouteOptions {
  service: ConfigService;
  /** Stands before all of Spring's paths, `''` or `/config`. */
  prefix: string;
  /** Told of every environment that was read. */
  onRead?: (ctx: HttpContext, environment: Environment, how: string) => void;
}

/** Answers Spring's GET paths; false when the path is none of them. */
export async function answerSpring(ctx: HttpContext, options: SpringRouteOptions): Promise<boolean> {
  const { service, prefix } = options;
  const call = parseSpringPath(ctx.path, prefix, ctx.query.has('useDefaultLabel'));
  if (call === undefined) return false;
  if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
    ctx.res.setHeader('allow', 'GET');
    sendSpringError(ctx, 405);
    return true;
  }
  const request = safeRequest(call);
  if (request === undefined) {
    if (call.kind === 'file') ctx.send(404);
    else sendSpringError(ctx, 400, 'HW_CONFIG_BAD_REQUEST', 'the name, profile or label leads out of the repository');
    return true;
  }
  if (call.kind === 'environment') {
    const type = chooseMediaType(ctx.req.headers.accept, ['application/json', v2MediaType]);
    if (type === undefined) {
      ctx.send(406, undefined, { accept: `${v2MediaType}, application/json` });
      return true;
    }
    const environment = await service.environment(request);
    options.onRead?.(ctx, environment, 'environment');
    sendText(ctx, bodyOf(environment, type === v2MediaType), type);
  } else if (call.kind === 'format') {
    if (call.profiles.includes('-'))
      throw new ConfigError('HW_CONFIG_BAD_REQUEST', 'profiles of this form hold no "-"');
    const environment = await service.environment(request);
    options.onRead?.(ctx, environment, call.format);
    const isResolved = flag(ctx, 'resolvePlaceholders', true);
    if (call.format === 'json') sendText(ctx, asJson(environment, isResolved), 'application/json');
    else if (call.format === 'yml') sendText(ctx, asYaml(environment, isResolved), 'text/plain');
    else sendText(ctx, asProperties(environment, isResolved), 'text/plain');
  } else {
    const isResolved = flag(ctx, 'resolvePlaceholders', true);
    await sendPlainFile(ctx, service, request, withSlashes(call.path), isResolved).catch((error: unknown) => {
      if (!(error instanceof ConfigError)) throw error;
      if (error.status === 404) ctx.send(404);
      else sendSpringError(ctx, 500, error.code, error.message);
    });
  }
  return true;
}

function safeRequest(call: SpringCall): EnvironmentRequest | undefined {
  const parts = [call.application, call.profiles, call.label ?? '', call.kind === 'file' ? call.path : ''];
  if (parts.some(isUnsafe)) return undefined;
  return {
    application: withSlashes(call.application),
    profiles: call.profiles,
    label: call.label === null ? null : withSlashes(call.label),
  };
}

/** Texts of answers, for as long as their environment is kept. */
const bodies = new WeakMap<Environment, { plain?: string; v2?: string }>();

function bodyOf(environment: Environment, withOrigins: boolean): string {
  let kept = bodies.get(environment);
  if (kept === undefined) bodies.set(environment, (kept = {}));
  if (withOrigins) return (kept.v2 ??= environmentJson(environment, true));
  return (kept.plain ??= environmentJson(environment, false));
}

function sendText(ctx: HttpContext, text: string, type: string): void {
  ctx.send(200, text, { 'content-type': type });
}

/** A query parameter that is true or false. Throws HW_CONFIG_BAD_REQUEST. */
export function flag(ctx: HttpContext, name: string, fallback: boolean): boolean {
  const value = ctx.query.get(name);
  if (value === null || value === '') return fallback;
  if (/^(?:true|on|yes|1)$/i.test(value)) return true;
  if (/^(?:false|off|no|0)$/i.test(value)) return false;
  throw new ConfigError('HW_CONFIG_BAD_REQUEST', `${name} is true or false`);
}
