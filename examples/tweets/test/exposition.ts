/** A scrape in Prometheus' text format 0.0.4: series as it stands → value. Throws for what `promtool check metrics` calls an error. */
export function readExposition(text: string): Map<string, number> {
  const series = new Map<string, number>();
  const types = new Map<string, string>();
  const helped = new Set<string>();
  const ended = new Set<string>();
  let current = '';
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  for (const line of text.split('\n')) {
    const described = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line);
    if (described !== null) {
      const [, what, name, said] = described as unknown as [string, string, string, string];
      if (name !== current) {
        if (ended.has(name)) throw new Error(`${name} stands in two places`);
        ended.add(current);
        current = name;
      }
      if (what === 'HELP' ? helped.has(name) : types.has(name)) throw new Error(`a second ${what} of ${name}`);
      if (what === 'HELP') helped.add(name);
      else types.set(name, said);
      continue;
    }
    if (line === '') continue;
    const sample = /^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*\})? (\S+)$/.exec(line);
    if (sample === null) throw new Error(`no sample: ${line}`);
    const [, name, labels = '', value] = sample as unknown as [string, string, string | undefined, string];
    if (name !== current && name.replace(/_(bucket|sum|count)$/, '') !== current) throw new Error(`no TYPE: ${line}`);
    if (types.get(current) === 'counter' && !name.endsWith('_total'))
      throw new Error(`a counter is ..._total: ${name}`);
    if (!helped.has(current) || !types.has(current)) throw new Error(`no HELP or TYPE: ${line}`);
    if (series.has(name + labels)) throw new Error(`twice: ${line}`);
    const number = value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value);
    if (Number.isNaN(number) && value !== 'Nan' && value !== 'NaN') throw new Error(`no number: ${line}`);
    series.set(name + labels, number);
  }
  return series;
}

/** The values of a metric, of which the labels hold all of these: `connector="analytics"`. */
export function valuesOf(series: ReadonlyMap<string, number>, metric: string, ...labels: string[]): number[] {
  return [...series]
    .filter(([name]) => name.startsWith(`${metric}{`) && labels.every((label) => name.includes(label)))
    .map(([, value]) => value);
}
