import { BoundedRegex, RegexBudgetError } from '@headwater/regex';
import { PipelineError } from '../pipeline-error.ts';
import { show } from '../template.ts';
import {
  fieldValue,
  type ProcessorFactory,
  textLengthMax,
  textOf,
  textProcessor,
  textRun,
  valueError,
} from './processor.ts';

export const lowercase = textProcessor((text) => text.toLowerCase());
export const uppercase = textProcessor((text) => text.toUpperCase());
export const trim = textProcessor((text) => text.trim());

export const urldecode = textProcessor((text, path) => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (error) {
    throw new PipelineError('HW_PIPELINE_VALUE', `Unable to URL-decode [${text.slice(0, 200)}]`, {
      field: path.text,
      cause: error,
    });
  }
});

const units: Readonly<Record<string, number>> = {
  b: 1,
  kb: 2 ** 10,
  mb: 2 ** 20,
  gb: 2 ** 30,
  tb: 2 ** 40,
  pb: 2 ** 50,
};

/** `2kb` → 2048; fractions are refused, as the real one does. */
export const bytes = textProcessor((text, path) => {
  const match = /^\s*(-?\d{1,15})\s*([kmgtp]?b?)\s*$/i.exec(text);
  const size =
    match === null
      ? undefined
      : (units[match[2]!.toLowerCase()] ?? (match[2] === '' ? undefined : units[`${match[2]!.toLowerCase()}b`]));
  if (match === null || size === undefined)
    throw valueError(
      `failed to parse setting [Ingest Field] with value [${text.slice(0, 200)}] as a size in bytes: unit is missing or unrecognized`,
      path,
    );
  return Math.trunc(Number(match[1]) * size);
});

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

const inlineTag =
  /^<\/?(?:a|abbr|acronym|b|basefont|bdo|big|cite|code|dfn|em|font|i|img|input|kbd|label|q|s|samp|select|small|span|strike|strong|sub|sup|textarea|tt|u|var)(?![a-z])/i;

/** Each tag that is no inline one becomes a line end, comments and scripts go, entities become their characters. */
export const htmlStrip = textProcessor((text) => {
  let out = '';
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('<', at);
    if (open === -1) break;
    out += text.slice(at, open);
    const isComment = text.startsWith('<!--', open);
    const isTag = isComment || /^<[a-zA-Z/!?]/.test(text.slice(open, open + 2));
    const close = isTag ? text.indexOf(isComment ? '-->' : '>', open) : -1;
    if (close === -1) {
      out += isTag && !isComment ? text.slice(open) : isComment ? '' : '<';
      at = isTag ? text.length : open + 1;
      continue;
    }
    at = close + (isComment ? 3 : 1);
    if (!isComment && !inlineTag.test(text.slice(open, open + 12))) out += '\n';
    const script = /^<(script|style)\b/i.exec(text.slice(open, open + 8));
    if (script !== null) {
      const end = text.toLowerCase().indexOf(`</${script[1]!.toLowerCase()}`, at);
      at = end === -1 ? text.length : end;
    }
  }
  out += text.slice(at);
  return out.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,6}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return entities[name.toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
});

/** Runs a search that hostile texts could make slow. */
export function bounded<T>(search: () => T): T {
  try {
    return search();
  } catch (error) {
    if (error instanceof RegexBudgetError)
      throw new PipelineError('HW_PIPELINE_TOO_COSTLY', error.message.slice(0, 500), { cause: error });
    throw error;
  }
}

/** A regular expression of a definition, Java's. */
export function regexOf(source: string): BoundedRegex {
  try {
    return new BoundedRegex(source);
  } catch (error) {
    throw new PipelineError('HW_PIPELINE_PATTERN', (error as Error).message, { field: 'pattern', cause: error });
  }
}

export const gsub: ProcessorFactory = (config) => {
  const regex = regexOf(config.text('pattern'));
  const replacement = replacementOf(config.text('replacement'), regex);
  return textRun(config, (text) =>
    bounded(() => {
      let out = '';
      let done = 0;
      for (let from = 0; from <= text.length; ) {
        const match = regex.find(text, from);
        if (match === null) break;
        out += text.slice(done, match.start);
        for (const part of replacement) out += typeof part === 'string' ? part : (match.groups[part] ?? '');
        if (out.length > textLengthMax)
          throw new PipelineError(
            'HW_PIPELINE_TOO_COSTLY',
            `the replaced text is longer than ${textLengthMax} characters`,
          );
        done = match.end;
        from = match.end === match.start ? match.end + 1 : match.end;
      }
      return out + text.slice(done);
    }),
  );
};

/** Java's replacement: `$1`, `${name}`, and `\` before what is meant as it is. */
function replacementOf(text: string, regex: BoundedRegex): (string | number)[] {
  const parts: (string | number)[] = [];
  for (const [whole, escaped, name, number] of text.matchAll(/\\(.)|\$(?:\{(\w+)\}|(\d))|[^$\\]+|[$\\]/gs)) {
    if (escaped !== undefined) parts.push(escaped);
    else if (name !== undefined || number !== undefined) {
      const group = name === undefined ? Number(number) : regex.groupNames.get(name);
      if (group === undefined || group > regex.groupCount)
        throw new PipelineError('HW_PIPELINE_PATTERN', `No group ${name ?? number} in [${regex.source}]`, {
          field: 'replacement',
        });
      parts.push(group);
    } else if (whole === '$' || whole === '\\')
      throw new PipelineError('HW_PIPELINE_PATTERN', `Illegal group reference in the replacement [${text}]`, {
        field: 'replacement',
      });
    else parts.push(whole);
  }
  return parts;
}

/** Splits by a regular expression as Java does. */
export function splitText(text: string, regex: BoundedRegex, keepsTrailing: boolean): string[] {
  const out: string[] = [];
  let done = 0;
  for (let from = 0; from <= text.length; ) {
    const match = regex.find(text, from);
    if (match === null) break;
    if (match.end === match.start) {
      from = match.end + 1;
      if (match.start === 0 || match.start >= text.length) continue;
    } else from = match.end;
    if (match.start === 0 && match.end === 0) continue;
    out.push(text.slice(done, match.start));
    done = match.end;
  }
  out.push(text.slice(done));
  if (!keepsTrailing) while (out.length > 1 && out.at(-1) === '') out.pop();
  return out;
}

export const split: ProcessorFactory = (config) => {
  const field = config.path('field');
  const regex = regexOf(config.text('separator'));
  const target = config.path('target_field', field.text);
  const ignoresMissing = config.boolean('ignore_missing', false);
  const keepsTrailing = config.boolean('preserve_trailing', false);
  return (document) => {
    const text = textOf(document, field, ignoresMissing);
    if (text !== null)
      document.set(
        target,
        bounded(() => splitText(text, regex, keepsTrailing)),
      );
  };
};

export const join: ProcessorFactory = (config) => {
  const field = config.path('field');
  const separator = config.text('separator');
  const target = config.path('target_field', field.text);
  return (document) => {
    const value = fieldValue(document, field, false);
    if (!Array.isArray(value)) throw valueError(`field [${field.text}] is no list: it cannot be joined`, field);
    document.set(target, value.map((one) => (one === null ? 'null' : show(one))).join(separator));
  };
};
