import { LinearRegex } from '@headwater/regex';

/**
 * A host pattern as Spring's `AntPathMatcher` with "." has it: `*` within a label, `**` over labels, `{name}` for a label.
 *
 * @example
 * new HostPattern('{tenant}.example.org').match('acme.example.org'); // { tenant: 'acme' }
 */
export class HostPattern {
  readonly text: string;
  readonly names: readonly string[];
  readonly #regex: LinearRegex;
  readonly #hasPort: boolean;

  constructor(text: string) {
    this.text = text;
    const names: string[] = [];
    const labels = text.split('.');
    let source = '';
    let needsDot = false;
    for (const [i, label] of labels.entries()) {
      // `**` takes any number of labels, none included.
      if (label === '**') {
        source += labels.length === 1 ? '.*' : i === 0 ? '(?:[^.]+\\.)*' : '(?:\\.[^.]+)*';
        needsDot = i > 0;
        continue;
      }
      if (needsDot) source += '\\.';
      needsDot = true;
      source += label.replace(/\{([a-zA-Z_]\w*)\}|\*|\?|[^\w-]/g, (found, name: string | undefined) => {
        if (name !== undefined) {
          names.push(name);
          return '([^.:]+)';
        }
        return found === '*' ? '[^.]*' : found === '?' ? '[^.]' : `\\${found}`;
      });
    }
    this.names = names;
    this.#hasPort = text.includes(':');
    this.#regex = new LinearRegex(`(?i)${source}`);
  }

  /** Against the Host header; a pattern without a port matches whatever the port is. */
  match(host: string): Record<string, string> | null {
    const match = this.#regex.matches(this.#hasPort ? host : withoutPort(host));
    if (match === null) return null;
    return Object.fromEntries(this.names.map((name, i) => [name, match.groups[i + 1]!]));
  }
}

export function withoutPort(host: string): string {
  const colon = host.lastIndexOf(':');
  return colon === -1 || host.endsWith(']') ? host : host.slice(0, colon);
}
