import type { FilterKind } from './filter.ts';

/** `StripPrefix=1`: removes leading segments. */
export const stripPrefix: FilterKind = {
  name: 'StripPrefix',
  shape: { fields: ['parts'] },
  create(args) {
    const parts = args.integer('parts', 1);
    return {
      request(draft) {
        let at = 0;
        for (let i = 0; i < parts && at !== -1; i++) at = draft.path.indexOf('/', at + 1);
        draft.path = at === -1 ? '/' : draft.path.slice(at);
      },
    };
  },
};

/** `PrefixPath=/api/{tenant}`. */
export const prefixPath: FilterKind = {
  name: 'PrefixPath',
  shape: { fields: ['prefix'] },
  create(args) {
    const prefix = args.template('prefix');
    return {
      request(draft) {
        draft.path = withSlash(prefix.expand(encoded(draft.variables)).replace(/\/+$/, '') + draft.path);
      },
    };
  },
};

/** `SetPath=/{segment}`. */
export const setPath: FilterKind = {
  name: 'SetPath',
  shape: { fields: ['template'] },
  create(args) {
    const template = args.template('template');
    return {
      request(draft) {
        draft.path = withSlash(template.expand(encoded(draft.variables)));
      },
    };
  },
};

/** `RewritePath=/red/?(?<segment>.*), /$\{segment}`: `$\` is `$`, as in Spring's YAML. */
export const rewritePath: FilterKind = {
  name: 'RewritePath',
  shape: { fields: ['regexp', 'replacement'] },
  create(args) {
    const regex = args.regex('regexp');
    try {
      const replacement = regex.parseReplacement((args.optionalText('replacement') ?? '').replaceAll('$\\', '$'));
      return {
        request(draft) {
          draft.path = withSlash(regex.replaceAll(draft.path, replacement));
        },
      };
    } catch (cause) {
      return args.fail((cause as Error).message, cause);
    }
  },
};

function withSlash(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

/** Captured variables are decoded text: in a path they are encoded again; the rest of a path (`{*rest}`) keeps its slashes. */
function encoded(variables: Readonly<Record<string, string>>): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    const text = encodeURIComponent(value.toWellFormed());
    out[name] = value.startsWith('/') ? text.replaceAll('%2F', '/') : text;
  }
  return out;
}
