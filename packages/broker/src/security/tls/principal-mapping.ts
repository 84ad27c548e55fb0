import { BrokerError } from '../../broker-error.ts';

type Rule = { kind: 'DEFAULT' } | { kind: 'RULE'; pattern: RegExp; replacement: string; letters: 'L' | 'U' | '' };

/** How a name of the subject becomes the name of the principal. */
export type PrincipalMapping = (subject: string) => string;

/**
 * `ssl.principal.mapping.rules` (KIP-371): rules `RULE:pattern/replacement/[LU]` and `DEFAULT`, separated by commas; the first whose
 * pattern matches the whole name decides. A connection with a name that no rule matches is refused.
 *
 * Difference from Kafka: patterns are JavaScript's regular expressions instead of Java's.
 *
 * @throws BrokerError HW_BROKER_CONFIG
 */
export function parsePrincipalMapping(rules: string): PrincipalMapping {
  const parsed = splitRules(rules);
  return (subject) => {
    for (const rule of parsed) {
      if (rule.kind === 'DEFAULT') return subject;
      const match = rule.pattern.exec(subject);
      if (match === null) continue;
      const name = rule.replacement.replace(
        /\\(.)|\$(\d)/g,
        (_, literal?: string, group?: string) => literal ?? match[Number(group)] ?? '',
      );
      if (rule.letters === 'L') return name.toLowerCase();
      return rule.letters === 'U' ? name.toUpperCase() : name;
    }
    throw new BrokerError('HW_BROKER_AUTHENTICATION', `No rule of ssl.principal.mapping.rules applies to ${subject}.`);
  };
}

function splitRules(text: string): Rule[] {
  const rules: Rule[] = [];
  // A slash inside a pattern or replacement is written \/, so the parts end at the first one that is not.
  const part = /\s*(?:(DEFAULT)|RULE:((?:\\.|[^\\/])*)\/((?:\\.|[^\\/])*)\/([LU]?))\s*(?:,|$)/y;
  let end = 0;
  while (end < text.trimEnd().length) {
    part.lastIndex = end;
    const match = part.exec(text);
    if (match === null) throw invalid(text);
    end = part.lastIndex;
    if (match[1] !== undefined) {
      rules.push({ kind: 'DEFAULT' });
      continue;
    }
    try {
      const pattern = new RegExp(`^(?:${match[2]})$`);
      rules.push({ kind: 'RULE', pattern, replacement: match[3]!, letters: match[4] as 'L' | 'U' | '' });
    } catch (cause) {
      throw invalid(text, cause);
    }
  }
  return rules.length === 0 ? [{ kind: 'DEFAULT' }] : rules;
}

function invalid(text: string, cause?: unknown): BrokerError {
  const message = `ssl.principal.mapping.rules is "${text}"; rules look like RULE:^CN=(.*?),.*$/$1/L,DEFAULT.`;
  return new BrokerError('HW_BROKER_CONFIG', message, { cause });
}
