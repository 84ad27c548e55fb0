import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';

/** The file system as disk stores use it: passed in, so that a test can let it fail. All paths are absolute. */
export interface StateFiles {
  makeDirectory(path: string): void;
  /** Names; none where there is no such directory. */
  list(path: string): string[];
  /** Null where there is no such file. */
  read(path: string): Buffer | null;
  /** In one step: readers see the old content or the new one. */
  replace(path: string, content: Buffer): void;
  remove(path: string): void;
  create(path: string): WritableFile;
  open(path: string): ReadableFile;
}

export interface WritableFile {
  /** Writes all of it, or throws. */
  write(data: Buffer): void;
  close(): void;
}

export interface ReadableFile {
  readonly sizeBytes: number;
  /** Fills `into`; how many bytes there were. */
  readAt(position: number, into: Buffer): number;
  close(): void;
}

export const nodeFiles: StateFiles = {
  makeDirectory(path) {
    mkdirSync(path, { recursive: true });
  },
  list(path) {
    try {
      return readdirSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  },
  read(path) {
    try {
      return readFileSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  },
  replace(path, content) {
    const draft = `${path}.new`;
    writeFileSync(draft, content);
    renameSync(draft, path);
  },
  remove(path) {
    rmSync(path, { recursive: true, force: true });
  },
  create(path) {
    const fd = openSync(path, 'w');
    return {
      write(data) {
        for (let at = 0; at < data.length; ) at += writeSync(fd, data, at);
      },
      close: () => closeSync(fd),
    };
  },
  open(path) {
    const fd = openSync(path, 'r');
    return {
      sizeBytes: fstatSync(fd).size,
      readAt(position, into) {
        let at = 0;
        while (at < into.length) {
          const count = readSync(fd, into, at, into.length - at, position + at);
          if (count === 0) break;
          at += count;
        }
        return at;
      },
      close: () => closeSync(fd),
    };
  },
};
