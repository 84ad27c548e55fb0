export interface SseEvent {
  name: string;
  /** The id this event carried; undefined when it had none. */
  id: string | undefined;
  data: string;
}

const eventSizeMax = 16 * 1024 * 1024;

/**
 * An incremental parser of `text/event-stream`: feed it text as it arrives, get whole events back. Follows the HTML
 * standard (CR, LF and CRLF, comments, several data lines), except that the id is reported per event and not remembered,
 * because a multiplexed stream has many.
 */
export class SseParser {
  private rest = '';
  private name = '';
  private id: string | undefined;
  private data: string[] = [];
  private dataSize = 0;
  private isStart = true;

  feed(chunk: string): SseEvent[] {
    const events: SseEvent[] = [];
    let text = this.rest + chunk;
    if (this.isStart && text.length > 0) {
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
      this.isStart = false;
    }
    let from = 0;
    for (;;) {
      const end = lineEnd(text, from);
      // A CR at the very end may be the first half of a CRLF: wait for what follows.
      if (end === -1 || (text[end] === '\r' && end === text.length - 1)) break;
      this.line(text.slice(from, end), events);
      from = end + (text[end] === '\r' && text[end + 1] === '\n' ? 2 : 1);
    }
    this.rest = text.slice(from);
    if (this.rest.length + this.dataSize > eventSizeMax) {
      throw new Error(`An event of the stream is larger than ${eventSizeMax} characters.`);
    }
    return events;
  }

  private line(line: string, events: SseEvent[]): void {
    if (line === '') {
      if (this.data.length > 0) events.push({ name: this.name || 'message', id: this.id, data: this.data.join('\n') });
      this.name = '';
      this.id = undefined;
      this.data = [];
      this.dataSize = 0;
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') {
      this.data.push(value);
      this.dataSize += value.length + 1;
    } else if (field === 'event') {
      this.name = value;
    } else if (field === 'id' && !value.includes('\0')) {
      this.id = value;
    }
  }
}

function lineEnd(text: string, from: number): number {
  const lf = text.indexOf('\n', from);
  // Streams of the platform have no CR at all; look for one only up to the next LF.
  const cr = text.slice(from, lf === -1 ? undefined : lf).indexOf('\r');
  if (cr !== -1) return from + cr;
  return lf;
}
