/** What a path of the Spring Cloud Config API asks for. */
export type SpringCall =
  | { kind: 'environment'; application: string; profiles: string; label: string | null }
  | {
      kind: 'format';
      format: 'yml' | 'properties' | 'json';
      application: string;
      profiles: string;
      label: string | null;
    }
  | { kind: 'file'; application: string; profiles: string; label: string | null; path: string };

const looksLikeFile = /\b\.(?:ya?ml|properties|json)\b/;

/**
 * Reads a path (percent-encoding kept, without query) as the real server's routes do. Undefined when none takes it, also for paths whose
 * encoding is broken or hides a `/` or a null byte.
 */
export function parseSpringPath(rawPath: string, prefix: string, hasUseDefaultLabel: boolean): SpringCall | undefined {
  if (!rawPath.startsWith(`${prefix}/`)) return undefined;
  const segments: string[] = [];
  for (const raw of rawPath.slice(prefix.length + 1).split('/')) {
    const segment = decoded(raw);
    if (segment === undefined || segment === '') return undefined;
    segments.push(segment);
  }
  const [first, second, third, ...rest] = segments as [string, string?, string?, ...string[]];
  if (second === undefined) return formatOf(first, null);
  if (third === undefined) {
    const format = formatOf(second, first);
    if (format !== undefined) return format;
    if (looksLikeFile.test(second)) return undefined;
    return { kind: 'environment', application: first, profiles: second, label: null };
  }
  if (rest.length === 0) {
    if (hasUseDefaultLabel) return { kind: 'file', application: first, profiles: second, label: null, path: third };
    return { kind: 'environment', application: first, profiles: second, label: third };
  }
  return { kind: 'file', application: first, profiles: second, label: third, path: rest.join('/') };
}

function formatOf(segment: string, label: string | null): SpringCall | undefined {
  const match = /^(.+)-(.+)\.(yml|yaml|properties|json)$/s.exec(segment);
  if (match === null) return undefined;
  const [, application, profiles, extension] = match as unknown as [string, string, string, string];
  const format = extension === 'yaml' ? 'yml' : (extension as 'yml' | 'properties' | 'json');
  return { kind: 'format', format, application, profiles, label };
}

function decoded(raw: string): string | undefined {
  try {
    // Parameters of a segment (`;a=b`) are no part of its name.
    const text = decodeURIComponent(raw.replace(/;.*$/, ''));
    return /[/\\\0]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Whether a name, label or path could lead out of the repository, also when it was encoded twice. */
export function isUnsafe(part: string): boolean {
  let text = part;
  for (let i = 0; i < 5; i++) {
    if (text.includes('..') || text.includes('#') || text.startsWith('(_)') || /[\0\\]/.test(text)) return true;
    if (!text.includes('%')) return false;
    try {
      const next = decodeURIComponent(text);
      if (next === text) return false;
      text = next;
    } catch {
      return false;
    }
  }
  return true;
}

/** `(_)` stands for `/` in applications and labels. */
export function withSlashes(part: string): string {
  return part.replaceAll('(_)', '/');
}
