/** Text with `{name}` in it, expanded from what a route's predicates captured. */
export interface Template {
  names: readonly string[];
  expand(variables: Readonly<Record<string, string>>): string;
}

/** Braces that hold no plain name (JSON in a header value) are text. */
export function parseTemplate(text: string): Template {
  const parts = text.split(/\{([a-zA-Z_][\w-]*)\}/);
  if (parts.length === 1) return { names: [], expand: () => text };
  return {
    names: parts.filter((_, i) => i % 2 === 1),
    expand(variables) {
      let out = '';
      for (let i = 0; i < parts.length; i++) out += i % 2 === 0 ? parts[i] : (variables[parts[i]!] ?? '');
      return out;
    },
  };
}
