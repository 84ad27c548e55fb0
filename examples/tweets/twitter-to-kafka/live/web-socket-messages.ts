import { FeedError } from './feed.ts';

/** A WebSocket cannot be held back: with more than so many characters waiting it is closed, and asked again for what comes after them. */
const waitingCharactersMax = 32 * 1024 * 1024;

/** Text messages as they come, all that wait at once; an empty list when the connection stands. Throws FeedError when it breaks. */
export async function* webSocketMessages(url: URL, signal: AbortSignal): AsyncGenerator<string[]> {
  signal.throwIfAborted();
  const socket = new WebSocket(url);
  let waiting: string[] = [];
  let waitingCharacters = 0;
  let end: FeedError | undefined;
  let isOpen = false;
  let wake = Promise.withResolvers<void>();
  const stop = (reason: string): void => {
    end ??= new FeedError('network', reason);
    wake.resolve();
  };
  socket.addEventListener('open', () => {
    isOpen = true;
    wake.resolve();
  });
  socket.addEventListener('message', ({ data }) => {
    // A binary message would be compressed, which was not asked for: it cannot be read.
    const message = typeof data === 'string' ? data : '';
    if (end !== undefined) return;
    waiting.push(message);
    waitingCharacters += message.length;
    if (waitingCharacters > waitingCharactersMax) {
      stop('it sends faster than can be written: asked again for what is left');
      socket.close();
    }
    wake.resolve();
  });
  socket.addEventListener('error', () => stop(`no connection to ${url.host}`));
  socket.addEventListener('close', ({ code, reason }) => stop(`${url.host} closed the connection (${code} ${reason})`));
  const onAbort = (): void => stop('stopped');
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    let hasTold = false;
    while (true) {
      await wake.promise;
      wake = Promise.withResolvers();
      if (isOpen && !hasTold) {
        hasTold = true;
        yield [];
      }
      const messages = waiting;
      waiting = [];
      waitingCharacters = 0;
      if (messages.length > 0) yield messages;
      // What came while these were worked on is given before the end.
      else if (end !== undefined) throw end;
      if (waiting.length > 0 || end !== undefined) wake.resolve();
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    socket.close();
  }
}
