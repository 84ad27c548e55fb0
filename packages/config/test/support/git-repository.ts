import fs from 'node:fs';
import { dirname, join } from 'node:path';
import git from 'isomorphic-git';

/** A working copy for tests, made without git's own command. */
export class TestRepository {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  static async create(dir: string, branch = 'main'): Promise<TestRepository> {
    fs.mkdirSync(dir, { recursive: true });
    await git.init({ fs, dir, defaultBranch: branch });
    return new TestRepository(dir);
  }

  /** Writes files (null removes one) and commits them. */
  async commit(files: Record<string, string | null>, message = 'change', name = 'Ada'): Promise<string> {
    const { dir } = this;
    for (const [filepath, text] of Object.entries(files)) {
      if (text === null) {
        fs.rmSync(join(dir, filepath));
        await git.remove({ fs, dir, filepath });
      } else {
        fs.mkdirSync(dirname(join(dir, filepath)), { recursive: true });
        fs.writeFileSync(join(dir, filepath), text);
        await git.add({ fs, dir, filepath });
      }
    }
    const author = { name, email: `${name.toLowerCase()}@example.org` };
    return git.commit({ fs, dir, message, author });
  }

  async branch(ref: string): Promise<void> {
    await git.branch({ fs, dir: this.dir, ref, checkout: true });
  }

  async checkout(ref: string): Promise<void> {
    await git.checkout({ fs, dir: this.dir, ref, force: true });
  }

  async tag(ref: string, isAnnotated = false): Promise<void> {
    const tagger = { name: 'Ada', email: 'ada@example.org' };
    if (isAnnotated) await git.annotatedTag({ fs, dir: this.dir, ref, message: ref, tagger });
    else await git.tag({ fs, dir: this.dir, ref });
  }
}
