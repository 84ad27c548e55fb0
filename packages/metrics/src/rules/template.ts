import { MetricsError } from '../metrics-error.ts';
import { templateFunctions } from './template-functions.ts';
import { type Block, parseTemplate, type Term } from './template-syntax.ts';

export interface TemplateContext {
  labels: Readonly<Record<string, string>>;
  externalLabels: Readonly<Record<string, string>>;
  externalUrl: string;
  value: number;
  /** Series of an instant query, at the time of the evaluation. */
  query(query: string): TemplateSample[];
}

export interface TemplateSample {
  Labels: Readonly<Record<string, string>>;
  Value: number;
}

export type TemplateValue =
  | string
  | number
  | boolean
  | null
  | TemplateSample
  | TemplateSample[]
  | Readonly<Record<string, string>>;

type Scope = Map<string, TemplateValue>;

const stepsMax = 10_000;

/** Fills in a text of a rule: as much of Go's templates as rules use. @throws HW_METRICS_RULES */
export function expandTemplate(text: string, context: TemplateContext): string {
  if (!text.includes('{{')) return text;
  const scope: Scope = new Map<string, TemplateValue>([
    ['$labels', context.labels],
    ['$externalLabels', context.externalLabels],
    ['$externalURL', context.externalUrl],
    ['$value', context.value],
  ]);
  return new Run(context).blocks(parseTemplate(text), scope, { Labels: context.labels, Value: context.value });
}

class Run {
  readonly #context: TemplateContext;
  #steps = 0;

  constructor(context: TemplateContext) {
    this.#context = context;
  }

  blocks(blocks: readonly Block[], scope: Scope, dot: TemplateValue): string {
    let text = '';
    for (const block of blocks) {
      if (++this.#steps > stepsMax)
        throw new MetricsError('HW_METRICS_RULES', `a template takes more than ${stepsMax} steps`);
      switch (block.kind) {
        case 'text':
          text += block.text;
          break;
        case 'print':
          text += shown(this.value(block.term, scope, dot));
          break;
        case 'set':
          scope.set(block.name, this.value(block.term, scope, dot));
          break;
        case 'if':
          text += isTrue(this.value(block.term, scope, dot))
            ? this.blocks(block.body, new Map(scope), dot)
            : this.blocks(block.otherwise, new Map(scope), dot);
          break;
        case 'with': {
          const value = this.value(block.term, scope, dot);
          const inner = new Map(scope);
          if (block.name !== undefined) inner.set(block.name, value);
          text += isTrue(value) ? this.blocks(block.body, inner, value) : this.blocks(block.otherwise, inner, dot);
          break;
        }
        case 'range': {
          const value = this.value(block.term, scope, dot);
          const list: TemplateValue[] = Array.isArray(value) ? value : [];
          if (list.length === 0) text += this.blocks(block.otherwise, new Map(scope), dot);
          for (const each of list) {
            const inner = new Map(scope);
            if (block.name !== undefined) inner.set(block.name, each);
            text += this.blocks(block.body, inner, each);
          }
        }
      }
    }
    return text;
  }

  value(term: Term, scope: Scope, dot: TemplateValue): TemplateValue {
    switch (term.kind) {
      case 'literal':
        return term.value;
      case 'path': {
        let value: TemplateValue;
        if (term.name === '.') value = dot;
        else if (scope.has(term.name)) value = scope.get(term.name)!;
        else throw new MetricsError('HW_METRICS_RULES', `undefined variable "${term.name}"`);
        for (const field of term.fields)
          value = ((value as Record<string, TemplateValue> | null)?.[field] ?? '') as TemplateValue;
        return value;
      }
      default: {
        const args = term.args.map((arg) => this.value(arg, scope, dot));
        if (term.name === 'query') return this.#context.query(String(args[0]));
        if (term.name === 'externalURL') return this.#context.externalUrl;
        const call = templateFunctions[term.name];
        if (call === undefined) throw new MetricsError('HW_METRICS_RULES', `function "${term.name}" not defined`);
        return call(args);
      }
    }
  }
}

/** As Go prints it: maps sorted, numbers as short as they are. */
function shown(value: TemplateValue): string {
  if (value === null) return '<no value>';
  if (typeof value === 'number') return numberShown(value);
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map(shown).join(' ')}]`;
  return `map[${Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, each]) => `${name}:${shown(each as TemplateValue)}`)
    .join(' ')}]`;
}

export function numberShown(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e21)) return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  return String(value);
}

export function isTrue(value: TemplateValue): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (value !== null && typeof value === 'object') return Object.keys(value).length > 0;
  return value !== null && value !== '' && value !== 0 && value !== false;
}
