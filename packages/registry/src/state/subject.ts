import { errors } from '../registry-error.ts';

/** The context of everything that names none. */
export const defaultContext = '.';
/** What asks for all contexts. */
export const allContexts = ':*:';

/** A subject with its context: `orders` is in the default one, `:.test:orders` in `.test`. */
export interface QualifiedSubject {
  /** With its leading full stop. */
  readonly context: string;
  readonly name: string;
}

const qualified = /^:(\.[^:]*):(.*)$/s;

export function parseSubject(text: string): QualifiedSubject {
  const match = qualified.exec(text);
  if (match === null) return { context: defaultContext, name: text };
  return { context: match[1]!, name: match[2]! };
}

/** As it is written in the log and in answers. */
export function subjectText({ context, name }: QualifiedSubject): string {
  return context === defaultContext ? name : `:${context}:${name}`;
}

/** A subject of the URL, which may be below `/contexts/{context}`. @throws RegistryError 42208 */
export function subjectOf(text: string, context: string | undefined): string {
  const parsed = parseSubject(text);
  const isMovable = parsed.context === defaultContext && context !== undefined;
  const result = isMovable ? { context: contextOf(context), name: parsed.name } : parsed;
  if (/[\u0000-\u001f\u007f]/.test(result.name) || result.name === '__GLOBAL' || result.name === '__EMPTY') {
    throw errors.invalidSubject(text);
  }
  return subjectText(result);
}

export function contextOf(text: string): string {
  const plain = text.replace(/^:/, '').replace(/:$/, '');
  return plain.startsWith('.') ? plain : `.${plain}`;
}
