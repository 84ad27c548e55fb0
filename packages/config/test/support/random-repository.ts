/** A generator of numbers from 0 to 1 that gives the same ones for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export const applications = ['application', 'orders', 'my-app', 'orders,my-app', 'unknown'] as const;
export const profileLists = ['default', 'dev', 'eu', 'dev,eu', 'eu,dev', 'prod,dev,eu', 'none'] as const;
export const labels = [null, 'main', 'v1', 'feature(_)x'] as const;

const names = ['application', 'orders', 'my-app'];
const profiles = ['dev', 'eu', 'prod'];
const expressions = [
  'dev',
  'eu',
  '!dev',
  'dev & eu',
  'dev | prod',
  '!(dev | eu)',
  '(dev & eu) | prod',
  'default',
  'dev, eu',
];
const keys = [
  'a',
  'b',
  'shop.owner',
  'shop.size',
  'shop.tags',
  'server.port',
  'deep.er.key',
  'x-y',
  'x_y',
  'camelCase',
];

const plainScalars = [
  'text',
  'two words',
  '1',
  '-7',
  '007',
  '0x1F',
  '0b101',
  '1_000',
  '1:30',
  '12345678901',
  '123456789012345678901234567890',
  '1.0',
  '-1.50',
  '.5',
  '1e3',
  '1.5e-7',
  '6.02e23',
  '.inf',
  '.nan',
  '100000000.0',
  '0.001',
  '0.0001',
  'yes',
  'off',
  'True',
  'y',
  'n',
  'null',
  '~',
  '2024-01-31',
  '2024-01-31 10:11:12',
  '08',
  '1.2.3',
  '10.0.0.1',
  'http://host:80/x?y=z',
  'a:b',
  'a#b',
  '-x',
  '- x'.slice(2),
  '=',
  '${a}',
  '${b:fallback}',
  '${shop.owner} and ${nobody}',
  '${nobody:${shop.size:7}}',
  '\\${kept}',
  'ünïcödé',
  '100%',
  'a, b',
  'true story',
];
const quotedScalars = [
  '""',
  "''",
  '" padded "',
  '"12"',
  "'yes'",
  '"line\\nbreak"',
  '"tab\\there"',
  "'it''s'",
  '"say \\"hi\\""',
  '"trailing: "',
  '"# no comment"',
  '"* star"',
  '"\\u0007 bell"',
  `"${'long words that go on '.repeat(8).trim()}"`,
  "'${a} in quotes'",
  '"{braces}"',
  '"[brackets]"',
  '"a\\\\b"',
  '"end\\n"',
  '"\\n"',
  '"two  spaces"',
];

type Random = () => number;

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)]!;
}

/** The files of a repository: path → text. */
export function randomRepository(random: Random): Map<string, string> {
  const files = new Map<string, string>();
  const count = 3 + Math.floor(random() * 7);
  for (let i = 0; i < count; i++) {
    const name = pick(random, names);
    const stem = random() < 0.5 ? name : `${name}-${pick(random, profiles)}`;
    const folder = random() < 0.12 ? 'main/' : random() < 0.08 ? 'v1/' : '';
    const extension = pick(random, ['yml', 'yml', 'yml', 'yaml', 'properties']);
    const text =
      extension === 'properties'
        ? randomProperties(random)
        : randomYaml(random, stem.includes('-') && stem !== 'my-app');
    files.set(`${folder}${stem}.${extension}`, text);
  }
  if (random() < 0.3) files.set('more.yml', 'more: plain\na: imported\n');
  if (random() < 0.3) files.set('more-dev.yml', 'more: dev\na: imported for dev\n');
  files.set('plain.txt', 'owner ${shop.owner} ${nobody} ${a:none} \\${kept}\n');
  if (random() < 0.5) files.set('plain-dev.txt', 'of dev ${a:none}\n');
  return files;
}

function randomYaml(random: Random, isProfileFile: boolean): string {
  const documents: string[] = [];
  const count = random() < 0.6 ? 1 : 2 + Math.floor(random() * 2);
  for (let i = 0; i < count; i++) documents.push(randomDocument(random, isProfileFile));
  return documents.join('---\n');
}

function randomDocument(random: Random, isProfileFile: boolean): string {
  const lines: string[] = [];
  let isConditional = false;
  if (random() < 0.3) {
    isConditional = true;
    const key = pick(random, ['spring.config.activate.on-profile', 'spring.config.activate.onProfile']);
    lines.push(`${key}: "${pick(random, expressions)}"`);
  }
  if (!isProfileFile && !isConditional) {
    if (random() < 0.08) lines.push(`spring.profiles.include: ${pick(random, ['prod', '[eu, prod]', '"dev,eu"'])}`);
    if (random() < 0.08) lines.push('spring.profiles.group: {dev: [eu], prod: "dev,eu"}');
  }
  if (random() < 0.1) lines.push('spring.config.import: [more.yml, "optional:nothing.yml"]');
  if (random() < 0.05) return '# only a comment\n';
  const used = new Set<string>();
  for (let i = 0; i < 1 + Math.floor(random() * 5); i++) {
    const key = pick(random, keys);
    if (used.has(key)) continue;
    used.add(key);
    lines.push(`${key}:${randomValue(random, 0)}`);
  }
  if (random() < 0.15) lines.push('base: &base {one: 1, two: two}', 'derived: {<<: *base, two: 2}', 'again: *base');
  if (random() < 0.1)
    lines.push('block: |', '  first line', '   indented', '', '  last', 'folded: >-', '  one', '  two');
  return `${lines.join('\n')}\n`;
}

function randomValue(random: Random, depth: number): string {
  const kind = random();
  if (kind < 0.55) return ` ${pick(random, plainScalars)}`;
  if (kind < 0.75) return ` ${pick(random, quotedScalars)}`;
  if (kind < 0.8) return '';
  if (kind < 0.84) return pick(random, [' []', ' {}', ' [[], [1]]']);
  const indent = '  '.repeat(depth + 1);
  if (kind < 0.94 || depth > 1) {
    const items = Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(random, plainScalars));
    return items.map((item) => `\n${indent}- ${item}`).join('');
  }
  return ['k1', 'k2'].map((key) => `\n${indent}${key}:${randomValue(random, depth + 1)}`).join('');
}

function randomProperties(random: Random): string {
  const lines: string[] = [];
  for (let i = 0; i < 2 + Math.floor(random() * 6); i++) {
    const key = pick(random, [...keys, 'list[0]', 'list[1]', 'names[]', 'shop.tags[0]', 'with\\ space', 'colon\\:key']);
    const separator = pick(random, ['=', ': ', ' = ', ' ', '=  ']);
    const value = pick(random, [
      '1',
      'text',
      'a,b,c',
      'a\\',
      '\\u00e4\\u20ac',
      '${a:x}',
      ' lead',
      'trail ',
      'x\\ty',
      '',
      'a=b',
      'multi \\\n   line',
      '#no',
      'C:\\\\dir',
    ]);
    lines.push(`${key}${separator}${value}`);
    const extra = random();
    if (extra < 0.1) lines.push('# comment', '! other');
    else if (extra < 0.18) lines.push(pick(random, ['#---', '!---', '#--- ', ' #---', '#---x']));
    else if (extra < 0.24) lines.push('');
  }
  return `${lines.join('\n')}\n`;
}
