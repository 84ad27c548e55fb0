/** A value as YAML that reads back as the same: texts that YAML could take for something else are quoted as JSON. */
export function yamlText(value: unknown, indent = ''): string {
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== 'object' || item === null)) return `[${value.map(scalar).join(', ')}]`;
    return value.map((item) => `\n${indent}- ${yamlText(item, `${indent}  `).trimStart()}`).join('');
  }
  if (typeof value === 'object' && value !== null) {
    const lines = Object.entries(value).map(([key, item]) => {
      const inner = yamlText(item, `${indent}  `);
      return `\n${indent}${scalar(key)}:${inner.startsWith('\n') ? '' : ' '}${inner}`;
    });
    return lines.length === 0 ? '{}' : lines.join('');
  }
  return scalar(value);
}

const plain = /^[A-Za-z_][\w./-]*( [\w./-]+)*$/;
const taken = /^(true|false|null|yes|no|on|off|y|n)$/i;

function scalar(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  return plain.test(value) && !taken.test(value) ? value : JSON.stringify(value);
}

/** A rule as it stands in a file of alerts. */
export function ruleYaml(rule: Readonly<Record<string, unknown>>): string {
  return `rules:${yamlText([rule], '  ')}`;
}
