import type { Socket } from 'node:net';
import { LineSplitter } from './decode/line-splitter.ts';
import type { LogIntake } from './log-intake.ts';
import type { LogSource } from './log-record.ts';
import type { LogBatch } from './log-writer.ts';

/** Of one connection, read and not on the log yet: beyond it nothing more is read of it. */
const connectionBytesMax = 1024 * 1024;

export interface LineFraming {
  /** Bytes of a begun line. */
  readonly pendingBytes: number;
  push(chunk: Buffer): { text: string; isCut: boolean }[];
  end(): { text: string; isCut: boolean }[];
}

export interface ServeLinesOptions {
  intake: LogIntake;
  source: LogSource;
  /** What was read of it before. */
  begun?: Buffer;
  framing?: LineFraming;
  /** Records of lines. Default: JSON or text, as `LogIntake` reads them. */
  decode?: (lines: readonly { text: string; isCut: boolean }[], host: string | undefined) => LogBatch | undefined;
}

/**
 * Reads lines of a connection until it ends. While the log does not take them the connection is not read either, so that TCP tells the sender to wait.
 *
 */
export function serveLines(socket: Socket, { begun, decode, framing, intake, source }: ServeLinesOptions): void {
  const splitter = framing ?? new LineSplitter(intake.lineBytesMax);
  const host = socket.remoteAddress;
  let underWayBytes = 0;
  let isWaiting = false;

  const resumeWhenRoom = (): void => {
    if (!isWaiting || underWayBytes >= connectionBytesMax) return;
    if (intake.writer.isFull) {
      void intake.writer.room().then(resumeWhenRoom);
      return;
    }
    isWaiting = false;
    socket.resume();
  };
  const take = (lines: { text: string; isCut: boolean }[]): void => {
    const receivedMs = Date.now();
    const batch = decode
      ? decode(lines, host)
      : intake.lines(lines, { source, receivedMs, service: intake.service, ...(host !== undefined && { host }) });
    if (batch === undefined || batch.records.length === 0) return;
    underWayBytes += batch.bytes;
    const done = (): void => {
      underWayBytes -= batch.bytes;
      resumeWhenRoom();
    };
    // It fails only when this closes, and counts that itself.
    intake.writer.write(batch).then(done, done);
    if (underWayBytes < connectionBytesMax && !intake.writer.isFull) return;
    isWaiting = true;
    socket.pause();
    resumeWhenRoom();
  };
  if (begun !== undefined && begun.length > 0) take(splitter.push(begun));
  socket.on('data', (chunk: Buffer) => take(splitter.push(chunk)));
  socket.once('end', () => socket.end());
  // The sender has closed its side already, before it told what it speaks.
  if (socket.readableEnded) socket.end();
  socket.once('close', () => take(splitter.end()));
  socket.on('error', () => {});
}
