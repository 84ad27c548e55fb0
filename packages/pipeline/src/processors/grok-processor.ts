import { Grok } from '../grok/grok.ts';
import { fieldPath } from '../ingest-document.ts';
import { PipelineError } from '../pipeline-error.ts';
import { type ProcessorFactory, textOf } from './processor.ts';

const traceIndex = fieldPath('_ingest._grok_match_index');

/** `grok`: the first of `patterns` that fits gives its fields. */
export const grok: ProcessorFactory = (config) => {
  const field = config.path('field');
  const patterns = config.texts('patterns');
  if (patterns === undefined) throw config.error('patterns', 'required property is missing');
  if (patterns.length === 0) throw config.error('patterns', 'List of patterns must not be empty');
  const definitions: Record<string, string> = {};
  for (const [name, pattern] of Object.entries(config.object('pattern_definitions') ?? {})) {
    if (typeof pattern !== 'string') throw config.error('pattern_definitions', `the pattern [${name}] is no text`);
    definitions[name] = pattern;
  }
  const compatibility = config.text('ecs_compatibility', 'disabled');
  if (compatibility !== 'disabled')
    throw config.notServed('ecs_compatibility', 'only [disabled] is served: fields have the names without ECS');
  const isTraced = config.boolean('trace_match', false);
  const ignoresMissing = config.boolean('ignore_missing', false);
  const capturesAll = config.boolean('capture_all_matches', false);
  if (capturesAll) throw config.notServed('capture_all_matches', 'is not served: the first match of a field is taken');
  const groks = patterns.map((pattern) => new Grok(pattern, { patternDefinitions: definitions }));
  const targets = new Map(
    groks
      .flatMap((one) => one.fieldNames)
      .map((name) => [name, fieldPath(name.replace(/^\[|\]$/g, '').replaceAll('][', '.'))]),
  );
  return (document) => {
    const text = textOf(document, field, ignoresMissing);
    if (text === null) return;
    for (const [i, one] of groks.entries()) {
      const found = one.match(text);
      if (found === null) continue;
      for (const name of Object.keys(found)) document.set(targets.get(name)!, found[name]);
      if (isTraced) document.set(traceIndex, String(i));
      return;
    }
    const shown = text.length > 500 ? `${text.slice(0, 500)}…` : text;
    throw new PipelineError('HW_PIPELINE_NO_MATCH', `Provided Grok expressions do not match field value: [${shown}]`, {
      field: field.text,
    });
  };
};
