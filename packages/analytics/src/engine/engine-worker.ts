/**
 * One PostgreSQL, in a thread of its own: PGlite started on a directory, and its main loop fed from a port instead of a socket. The thread never
 * goes back to its event loop while it serves: where PostgreSQL would wait for its socket, it sleeps on a counter that the main thread moves. So
 * COPY reads its data as it comes, and a result that nobody takes stops the query that makes it.
 */
import { fdatasyncSync } from 'node:fs';
import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { useBaselineCompiler } from './baseline-compiler.ts';
import {
  counterIndex,
  type EngineInput,
  type EngineOutput,
  type EngineWorkerData,
  outstandingBytesMax,
} from './engine-channel.ts';
import { postgresqlConf, startParameters } from './engine-settings.ts';
import { addExtensions } from './extensions.ts';
import { pgliteFiles } from './pglite-files.ts';

const { counters, database, directory, isSynced, port } = workerData as EngineWorkerData;
const tell = (output: EngineOutput, transfer: ArrayBuffer[] = []): void => port.postMessage(output, transfer);

/** PostgreSQL's longjmp to its main loop after an error comes as this status (PGlite, `pglitec.c`). */
const longJumpStatus = 100;

let current: Uint8Array = new Uint8Array(0);
let position = 0;
let isClosing = false;

/** Sleeps until there is input. @returns false: to be closed */
function waitForInput(): boolean {
  while (position >= current.length) {
    if (isClosing) return false;
    const seen = Atomics.load(counters, counterIndex.sent);
    const received = receiveMessageOnPort(port) as { message: EngineInput } | undefined;
    if (received === undefined) Atomics.wait(counters, counterIndex.sent, seen);
    else if (received.message === 'close') isClosing = true;
    else {
      [current, position] = [received.message, 0];
      Atomics.sub(counters, counterIndex.unreadBytes, current.length);
    }
  }
  return true;
}

function write(bytes: Uint8Array): void {
  for (;;) {
    const outstanding = Atomics.load(counters, counterIndex.outstandingBytes);
    if (outstanding < outstandingBytesMax) break;
    Atomics.wait(counters, counterIndex.outstandingBytes, outstanding, 1_000);
  }
  const copy = bytes.slice();
  Atomics.add(counters, counterIndex.outstandingBytes, copy.length);
  tell({ kind: 'output', bytes: copy }, [copy.buffer]);
}

async function open(): Promise<PGlite> {
  useBaselineCompiler();
  return await PGlite.create(directory, {
    ...(await pgliteFiles()),
    database,
    startParams: [...startParameters],
    postgresqlconf: postgresqlConf(isSynced),
  });
}

/** PGlite's view of files has no fsync, so PostgreSQL's own would do nothing: this one waits for the disk. */
function addSync(module: PGlite['Module']): void {
  const files = module.FS as unknown as { filesystems?: { NODEFS?: NodeFiles } };
  const operations = ((module as unknown as { NODEFS?: NodeFiles }).NODEFS ?? files.filesystems?.NODEFS)?.stream_ops;
  if (operations === undefined) throw new Error('PGlite has no NODEFS to add fsync to');
  operations['fsync'] = (stream: { nfd: number }) => {
    fdatasyncSync(stream.nfd);
    return 0;
  };
}

interface NodeFiles {
  stream_ops: Record<string, unknown>;
}

/** A StartupMessage: PostgreSQL answers with the parameters that clients are told. */
function startupMessage(): Uint8Array {
  const text = Buffer.from(`user\0postgres\0database\0${database}\0\0`);
  const message = Buffer.alloc(8 + text.length);
  message.writeInt32BE(message.length, 0);
  message.writeInt32BE(3 << 16, 4);
  text.copy(message, 8);
  return message;
}

function serve(module: PGlite['Module']): void {
  const read = module.addFunction((pointer: number, maxLength: number) => {
    // Nothing more comes: PostgreSQL takes it as a client that went.
    if (!waitForInput()) return 0;
    const length = Math.min(maxLength, current.length - position);
    module.HEAPU8.set(current.subarray(position, position + length), pointer);
    position += length;
    return length;
  }, 'ipi');
  const writeFrom = module.addFunction((pointer: number, length: number) => {
    write(module.HEAPU8.subarray(pointer, pointer + length));
    return length;
  }, 'ipi');
  module._pgl_set_rw_cbs(read, writeFrom);
  for (;;) {
    if (position >= current.length && module._pq_buffer_remaining_data() === 0 && !waitForInput()) return;
    const stack = module.stackSave();
    try {
      module._PostgresMainLoopOnce();
    } catch (error) {
      if ((error as { status?: number }).status !== longJumpStatus) throw error;
      module.stackRestore(stack);
      module._PostgresMainLongJmp();
    }
    module._PostgresSendReadyForQueryIfNecessary();
    module._pgl_pq_flush();
  }
}

try {
  const postgres = await open();
  if (isSynced) addSync(postgres.Module);
  addExtensions(postgres.Module);
  const hello = postgres.execProtocolRawSync(startupMessage());
  tell({ kind: 'ready', hello });
  serve(postgres.Module);
  await postgres.close();
  tell({ kind: 'closed' });
} catch (error) {
  const { message = String(error), stack } = error as Error;
  tell({ kind: 'failed', message: stack ?? message });
}
port.close();
