/** Accuracy of mined templates as the LogPAI benchmark counts it (Zhu et al., "Tools and Benchmarks for Automated Log Parsing", ICSE 2019). */
export interface TemplateAccuracy {
  /** Share of lines whose group holds the very lines that the truth groups together. */
  grouping: number;
  /** Share of lines whose template has the very words of the truth's. */
  parsing: number;
  /** As `parsing`, where `<*>.<*>` counts as one `<*>`: how finely a value is cut is a matter of taste. */
  parsingLenient: number;
  templates: number;
  templatesTrue: number;
}

export interface LabelledLine {
  event: string;
  template: string;
}

export function templateAccuracy(truth: readonly LabelledLine[], mined: readonly LabelledLine[]): TemplateAccuracy {
  const groups = groupsOf(mined);
  const trueGroups = groupsOf(truth);
  let grouped = 0;
  for (const lines of trueGroups.values()) {
    const group = groups.get(mined[lines[0]!]!.event)!;
    if (group.length === lines.length && group.every((line, i) => line === lines[i])) grouped += lines.length;
  }
  let parsed = 0;
  let parsedLeniently = 0;
  truth.forEach((line, i) => {
    if (words(line.template) === words(mined[i]!.template)) parsed++;
    if (joined(line.template) === joined(mined[i]!.template)) parsedLeniently++;
  });
  return {
    grouping: grouped / truth.length,
    parsing: parsed / truth.length,
    parsingLenient: parsedLeniently / truth.length,
    templates: groups.size,
    templatesTrue: trueGroups.size,
  };
}

function groupsOf(lines: readonly LabelledLine[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  lines.forEach(({ event }, i) => {
    const group = groups.get(event);
    if (group === undefined) groups.set(event, [i]);
    else group.push(i);
  });
  return groups;
}

function words(template: string): string {
  return template.split(/\s+/).filter(Boolean).join(' ');
}

function joined(template: string): string {
  return words(template).replace(/<\*>(?:[.:-]?<\*>)+/g, '<*>');
}
