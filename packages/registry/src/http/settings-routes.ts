import { isCompatibilityLevel } from '../compatibility/levels.ts';
import type { Json } from '../json.ts';
import { errors } from '../registry-error.ts';
import { flagAt, textAt } from '../rules/fields.ts';
import { readMetadata } from '../rules/metadata.ts';
import { checkRuleSet, readRuleSet } from '../rules/rule-set.ts';
import type { RegistryService } from '../service/registry-service.ts';
import { isMode } from '../state/records.ts';
import { checkSubject, contextText, defaultContext, globalContext, parseSubject } from '../state/subject.ts';
import { answer } from './answer.ts';
import { flag, readObject } from './request.ts';
import { type AddRoute, type Call, subjectOfCall } from './routes.ts';
import type { WriteGate } from './write-gate.ts';

/** `/config` and `/mode`, of all, of a context and of a subject. */
export function addSettingsRoutes(add: AddRoute, { settings }: RegistryService, gate: WriteGate): void {
  for (const path of ['/config', '/config/:subject']) {
    add('GET', path, (call) => {
      const subject = subjectOf(call);
      const config = flag(call.ctx, 'defaultToGlobal') ? settings.configInScope(subject) : settings.config(subject);
      if (config === undefined) throw errors.noSubjectCompatibility(subject!);
      answer(call.ctx, config);
    });
    add('PUT', path, async (call) => {
      const subject = subjectOf(call);
      const update = readUpdate(readObject(call.body));
      if (subject !== null) checkSubject(subject, true);
      await gate.pass(call, async () => {
        // GET says compatibilityLevel where PUT says compatibility: so it is in the system that this stands for.
        const { compatibilityLevel, ...rest } = await settings.setConfig(subject, update);
        answer(call.ctx, compatibilityLevel === undefined ? rest : { compatibility: compatibilityLevel, ...rest });
      });
    });
    add('DELETE', path, async (call) => {
      await gate.pass(call, async () => answer(call.ctx, await settings.deleteConfig(subjectOf(call))));
    });
  }

  for (const path of ['/mode', '/mode/:subject']) {
    add('GET', path, (call) => {
      const subject = subjectOf(call);
      const mode = flag(call.ctx, 'defaultToGlobal') ? settings.modeInScope(subject) : settings.mode(subject);
      if (mode === undefined) throw errors.noSubjectMode(subject!);
      answer(call.ctx, { mode });
    });
    add('PUT', path, async (call) => {
      const subject = subjectOf(call);
      if (subject !== null) checkSubject(subject, true);
      const asked = textAt(readObject(call.body)['mode'], 'mode');
      const mode = asked?.toUpperCase() ?? null;
      if (mode !== null && !isMode(mode)) throw errors.invalidMode();
      if (mode === 'FORWARD' && subject !== contextText(globalContext)) throw errors.forwardNotGlobal();
      await gate.pass(call, async () => {
        await settings.setMode(subject, mode, flag(call.ctx, 'force'));
        answer(call.ctx, asked === undefined ? {} : { mode: asked });
      });
    });
    add('DELETE', path, async (call) => {
      await gate.pass(call, async () => {
        const mode = await settings.deleteMode(subjectOf(call), flag(call.ctx, 'recursive'));
        answer(call.ctx, mode === undefined ? {} : { mode });
      });
    });
  }
}

/** null: what counts for all. Settings of a context are kept as those of its subject without a name. */
function subjectOf(call: Call): string | null {
  const { context = defaultContext, ctx } = call;
  const subject = ctx.params['subject'] === undefined ? contextText(context) : subjectOfCall(call);
  const parsed = parseSubject(subject);
  return parsed.context === defaultContext && parsed.name === '' ? null : subject;
}

/** What is named changes; null takes it out. @throws RegistryError 400, 42203, 42210 */
function readUpdate(body: Record<string, Json>): Record<string, unknown> {
  const update: Record<string, unknown> = {};
  const set = (name: string, value: unknown): void => {
    if (name in body) update[name] = value;
  };
  if ('compatibility' in body) update['compatibilityLevel'] = readLevel(body['compatibility']);
  set('compatibilityPolicy', readPolicy(body['compatibilityPolicy']));
  for (const name of ['alias', 'compatibilityGroup']) set(name, textAt(body[name], name));
  for (const name of ['normalize', 'validateFields', 'validateNewSchemas', 'validateRules']) {
    set(name, flagAt(body[name], name));
  }
  for (const name of ['defaultMetadata', 'overrideMetadata']) set(name, readMetadata(body[name], name));
  for (const name of ['defaultRuleSet', 'overrideRuleSet']) {
    const ruleSet = readRuleSet(body[name], name);
    checkRuleSet(ruleSet);
    set(name, ruleSet);
  }
  return update;
}

function readLevel(json: Json | undefined): string | undefined {
  const level = textAt(json, 'compatibility')?.toUpperCase();
  if (level !== undefined && !isCompatibilityLevel(level)) throw errors.invalidLevel();
  return level;
}

function readPolicy(json: Json | undefined): string | undefined {
  const policy = textAt(json, 'compatibilityPolicy')?.toUpperCase();
  const isKnown = policy === undefined || policy === 'STRICT' || policy === 'LENIENT';
  if (!isKnown) throw errors.invalidPolicy(policy);
  return policy;
}
