import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A fenced block of a guide. */
interface Block {
  readonly language: string;
  readonly text: string;
  /** Of its first line, from 1. */
  readonly line: number;
  /** What an HTML comment right before it says: `<!-- guide: runs already -->`. */
  readonly directive: string;
  /** The file that the line before it names: "`shop/orders.ts`:". */
  readonly file: string | undefined;
}

export interface GuideRun {
  /** Blocks that were not run, and why. */
  readonly skipped: readonly string[];
}

export interface GuideOptions {
  /** An empty folder: commands run there, files are written there. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Addresses that the guide gives, and those of this run. */
  readonly addresses: Readonly<Record<string, string>>;
  /** What directives `needs NAME` find here: whether it is there. */
  readonly has?: Readonly<Record<string, boolean>>;
  /** Commands before those of the guide, for what a reader has already. */
  readonly prelude?: string;
  readonly signal: AbortSignal;
}

const shells = new Set(['sh', 'bash']);

/** Blocks of the guide in their order. */
export function blocksOf(guide: string): Block[] {
  const blocks: Block[] = [];
  for (const match of guide.matchAll(/^```(\w+)\n(.*?)^```$/gms)) {
    const before = guide.slice(0, match.index);
    const near = before.split('\n').slice(-3).join('\n');
    blocks.push({
      language: match[1]!,
      text: match[2]!,
      line: before.split('\n').length + 1,
      directive: /<!-- guide: ([^\n]*?) -->\n$/.exec(before)?.[1] ?? '',
      file: /`([\w./-]+\.\w+)`[^`\n]*:\n\n$/.exec(near)?.[1],
    });
  }
  return blocks;
}

/**
 * Does what a reader would: writes the files that are shown, types the commands in one shell after each other, and finds in what they print the
 * `text` blocks that follow (`…` stands for anything). A block may be left out by a comment that says why.
 *
 * @throws Error with the guide's line, and what was printed, when a command fails or prints something else
 */
export async function runGuide(path: string, options: GuideOptions): Promise<GuideRun> {
  const addressed = (text: string): string => {
    let out = text;
    for (const [from, to] of Object.entries(options.addresses)) out = out.replaceAll(from, to);
    return out;
  };
  const blocks = blocksOf(readFileSync(path, 'utf8'));
  const skipped: string[] = [];
  const script: string[] = [
    'set -e',
    // What npx would find, without its start for each command.
    'npx() { "$@"; }',
    options.prelude ?? '',
    "trap 'kill $(jobs -p) 2> /dev/null || true' EXIT",
  ];
  for (const [at, block] of blocks.entries()) {
    const needs = /^needs (\S+)/.exec(block.directive)?.[1];
    if (block.directive !== '' && (needs === undefined || options.has?.[needs] !== true)) {
      skipped.push(`line ${block.line}: ${block.directive}`);
    } else if (block.file !== undefined) {
      // At its turn, so that a file may change between commands.
      const file = join(options.folder, block.file);
      mkdirSync(dirname(file), { recursive: true });
      const source = join(options.folder, `.block-${at}`);
      writeFileSync(source, addressed(block.text));
      script.push(`cp '${source}' '${file}'`);
    } else if (shells.has(block.language)) script.push(`echo "::block ${at} $SECONDS s"`, addressed(block.text));
  }
  script.push("echo '::end'");
  const { code, output } = await bash(script.join('\n'), options);
  const printed = new Map<number, string>();
  for (const part of output.split('::block ').slice(1)) {
    const number = Number.parseInt(part, 10);
    printed.set(number, part.slice(String(number).length + 1));
  }
  const last = Math.max(-1, ...printed.keys());
  if (code !== 0 || !output.includes('::end')) {
    const where = last < 0 ? 'before its first command' : `at line ${blocks[last]!.line}`;
    throw new Error(`${path} failed ${where} (exit ${code}):\n${output}`);
  }
  for (const [at, block] of blocks.entries()) {
    const shown = blocks[at + 1];
    if (!printed.has(at) || shown?.language !== 'text') continue;
    const pattern = shown.text
      .trim()
      .split('…')
      .map((piece) => addressed(piece).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
      .join('.*?');
    if (!new RegExp(pattern, 's').test(printed.get(at)!)) {
      throw new Error(
        `${path}: line ${block.line} printed\n${printed.get(at)}\nnot, as line ${shown.line} says,\n${shown.text}`,
      );
    }
  }
  return { skipped };
}

function bash(
  script: string,
  { folder, env, signal }: GuideOptions,
): Promise<{ code: number | string | null; output: string }> {
  return new Promise((resolve, reject) => {
    // A group of its own, so that what it leaves behind can be ended.
    const child = spawn('bash', ['-c', script], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    const end = (): void => {
      try {
        process.kill(-child.pid!, 'SIGKILL');
      } catch {
        // It has ended.
      }
    };
    signal.addEventListener('abort', end, { once: true });
    child.once('error', reject);
    child.once('exit', (code, by) => {
      // What still writes belongs to services that were started in the background.
      end();
      resolve({ code: code ?? by, output });
    });
  });
}
