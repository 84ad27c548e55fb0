import { errors, RegistryError } from '../registry-error.ts';

/** The context of everything that names none. */
export const defaultContext = '.';
/** What asks for all contexts. */
export const allContexts = ':*:';
/** Holds configuration and mode for what no other context says anything about. */
export const globalContext = '.__GLOBAL';

/** A subject with its context: `orders` is in the default one, `:.test:orders` in `.test`. */
export interface QualifiedSubject {
  /** With its leading full stop. */
  readonly context: string;
  readonly name: string;
}

/** `:.test:orders`, `:.test:` and `:.test`; the last two name the context alone. */
const qualified = /^:(\.[^:]*)(?::(.*))?$/s;

export function parseSubject(text: string): QualifiedSubject {
  const match = qualified.exec(text);
  if (match === null) return { context: defaultContext, name: text };
  return { context: match[1]!, name: match[2] ?? '' };
}

/** As it is written in the log and in answers. */
export function subjectText({ context, name }: QualifiedSubject): string {
  return context === defaultContext ? name : `:${context}:${name}`;
}

/** As it is written in the log and in answers: '' is the default one. */
export function contextText(context: string): string {
  return subjectText({ context, name: '' });
}

/** A subject of the URL, which may be below `/contexts/{context}`. */
export function subjectOf(text: string, context: string | undefined): string {
  if (context === undefined || text.startsWith(':.') || text.startsWith(allContexts)) {
    return subjectText(parseSubject(text));
  }
  return subjectText({ context, name: text });
}

/** With its leading full stop. @throws RegistryError 400 */
export function contextOf(text: string): string {
  const plain = text.replace(/^:/, '').replace(/:$/, '');
  if (plain.includes(':')) throw new RegistryError(400, `Context name '${plain}' cannot contain a colon`);
  return plain.startsWith('.') ? plain : `.${plain}`;
}

/** `target` as one says it who is in a context: without one of its own, it is in that one. */
export function subjectFrom(parent: string, target: string): string {
  const { context, name } = parseSubject(target);
  return context === defaultContext ? subjectText({ context: parseSubject(parent).context, name }) : target;
}

/** @throws RegistryError 42208 */
export function checkSubject(subject: string, isForSettings = false): void {
  const { context, name } = parseSubject(subject);
  const isReserved = name === '__GLOBAL' || name === '__EMPTY';
  if (/\p{Cc}/u.test(subject) || isReserved || (!isForSettings && context === globalContext)) {
    throw errors.invalidSubject(subject);
  }
}

/** What a subject stands for in a deletion or an import: itself, all of its context, or all there is. */
export function isCovered(subject: string, by: string | null): boolean {
  if (by === null || by === subject) return true;
  const { context, name } = parseSubject(by);
  return name === '' && (context === globalContext || context === parseSubject(subject).context);
}
