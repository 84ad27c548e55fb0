import { HttpError } from '@headwater/http';
import type { Call } from '../stages/call.ts';
import type { Stage, StageAnswer } from '../stages/stage.ts';
import type { CorsRules } from './cors-configuration.ts';

/** Answers preflights and lets scripts of allowed origins see the answers (WHATWG Fetch, CORS protocol). */
export function corsStage(rulesOf: (call: Call) => CorsRules | undefined): Stage {
  return {
    phase: 'cors',
    begin(call) {
      const { origin } = call.req.headers;
      if (origin === undefined || call.isCors || isSame(origin, call.req.headers.host)) return undefined;
      const rules = rulesOf(call);
      return rules === undefined ? undefined : apply(call, rules, origin);
    },
  };
}

function apply(call: Call, rules: CorsRules, origin: string): StageAnswer | undefined {
  const { headers } = call.req;
  const asked = headers['access-control-request-method'];
  const isPreflight = call.method === 'OPTIONS' && asked !== undefined;
  const method = isPreflight ? asked : call.method;
  const fields = (headers['access-control-request-headers'] ?? '').split(',').map((name) => name.trim());
  const refused = fields.find((name) => name !== '' && !rules.allowsHeader(name));
  if (!rules.allowsOrigin(origin)) throw no(`origin ${origin.slice(0, 100)}`);
  if (!rules.allowsMethod(method)) throw no(`method ${method.slice(0, 20)}`);
  if (isPreflight && refused !== undefined) throw no(`header ${refused.slice(0, 60)}`);
  call.isCors = true;
  const common = ['Access-Control-Allow-Origin', rules.originAnswer(origin), 'Vary', 'Origin'];
  if (rules.allowCredentials) common.push('Access-Control-Allow-Credentials', 'true');
  if (!isPreflight) {
    if (rules.exposedHeaders !== '') common.push('Access-Control-Expose-Headers', rules.exposedHeaders);
    for (let i = 0; i < common.length; i += 2) call.addAnswerHeader(common[i]!, common[i + 1]!);
    return undefined;
  }
  common.push('Vary', 'Access-Control-Request-Method, Access-Control-Request-Headers');
  common.push('Access-Control-Allow-Methods', method, 'Access-Control-Max-Age', String(rules.maxAge));
  const wanted = fields.filter((name) => name !== '').join(', ');
  if (wanted !== '') common.push('Access-Control-Allow-Headers', wanted);
  return { status: 200, headers: common };
}

function no(what: string): HttpError {
  return new HttpError(403, 'HW_GATEWAY_CORS', `requests from other origins are not allowed here with the ${what}`);
}

function isSame(origin: string, host: string | undefined): boolean {
  return host !== undefined && origin.replace(/^https?:\/\//, '').toLowerCase() === host.toLowerCase();
}
