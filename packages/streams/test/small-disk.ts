import type { StateFiles } from '../src/stores/disk/state-files.ts';
import { nodeFiles } from '../src/stores/disk/state-files.ts';

/** A disk that has room for so many bytes more; a write that does not fit is cut off, as a real one is. */
export class SmallDisk implements StateFiles {
  bytesLeft: number;

  constructor(bytesLeft: number) {
    this.bytesLeft = bytesLeft;
  }

  readonly makeDirectory = nodeFiles.makeDirectory;
  readonly list = nodeFiles.list;
  readonly read = nodeFiles.read;
  readonly remove = nodeFiles.remove;
  readonly open = nodeFiles.open;

  replace(path: string, content: Buffer): void {
    this.#take(content);
    nodeFiles.replace(path, content);
  }

  create(path: string) {
    const file = nodeFiles.create(path);
    return {
      write: (data: Buffer) => {
        const fits = data.subarray(0, Math.max(0, this.bytesLeft));
        if (fits.length < data.length) file.write(fits);
        this.#take(data);
        file.write(data);
      },
      close: () => file.close(),
    };
  }

  #take(data: Buffer): void {
    if (data.length > this.bytesLeft) {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', errno: -28 });
    }
    this.bytesLeft -= data.length;
  }
}
