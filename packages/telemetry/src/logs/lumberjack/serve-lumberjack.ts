import type { Socket } from 'node:net';
import type { Logger } from '@headwater/logger';
import type { LineOrigin } from '../decode/json-line.ts';
import { recordOfJson } from '../decode/json-line.ts';
import { decodeLine } from '../decode/line.ts';
import type { LogIntake } from '../log-intake.ts';
import type { LogRecord } from '../log-record.ts';
import { acknowledgement, LumberjackReader, type LumberjackWindow } from './frame-reader.ts';

/** A sender gives a connection up that says nothing for about 30 s: one that waits for the log is told so by an acknowledgement of nothing. */
const keepAliveMs = 5_000;
const eventBytesMax = 10 * 1024 * 1024;
const inflatedBytesMax = 64 * 1024 * 1024;
const windowEventsMax = 100_000;
const source = 'beats';

/**
 * Takes events of Beats, Logstash and others that speak Lumberjack. A window is acknowledged when its events are on the log, and not before: what is not
 * acknowledged is sent again by its sender, so a failure repeats events and loses none. One window at a time is worked on, and nothing is read meanwhile.
 */
export async function serveLumberjack(socket: Socket, intake: LogIntake, logger: Logger): Promise<void> {
  const reader = new LumberjackReader({ eventBytesMax, inflatedBytesMax, windowEventsMax });
  const host = socket.remoteAddress;
  socket.on('error', () => {});
  try {
    // Its end must not take the last acknowledgement with it.
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      for (const window of await reader.push(chunk as Buffer)) {
        await keep(window, {
          source,
          receivedMs: Date.now(),
          service: intake.service,
          ...(host !== undefined && { host }),
        });
        if (!socket.writable) return;
        socket.write(acknowledgement(window.version, window.sequence));
      }
    }
    socket.end();
  } catch (error) {
    socket.destroy();
    if ((error as { code?: unknown }).code !== 'HW_TELEMETRY_LUMBERJACK') return;
    intake.counters.of(source).malformed += 1;
    logger.warn(
      { host, reason: (error as Error).message },
      'a connection of Beats is closed: what it sends cannot be read',
    );
  }

  async function keep(window: LumberjackWindow, origin: LineOrigin): Promise<void> {
    const records: LogRecord[] = [];
    for (const { data } of window.events) {
      if (data === undefined) {
        intake.counters.of(source).received += 1;
        intake.counters.drop(source, 'too-large');
        continue;
      }
      const decoded =
        typeof data === 'string'
          ? decodeLine(data, origin)
          : {
              ...recordOfJson({ ...data, ...(data['line'] !== undefined && { message: data['line'] }) }, origin),
              isMalformed: false,
            };
      records.push(intake.count(decoded, origin).record);
    }
    if (records.length === 0) return;
    const timer = setInterval(() => {
      if (window.version === 0x32 && socket.writable) socket.write(acknowledgement(window.version, 0));
    }, keepAliveMs);
    try {
      await intake.writer.room();
      await intake.writer.write(intake.writer.batch(source, records));
    } finally {
      clearInterval(timer);
    }
  }
}
