const steps = 20;

export interface Patience {
  /** Aborts when it has run out, with a TimeoutError that says so. */
  readonly signal: AbortSignal;
  stop(): void;
}

/**
 * Waits for as long as `ms` in which an answer could have been taken. Where the process is held up a plain timer fires late, and before what has come is
 * read: here such a time counts as one step, however long it was, and after each step what waits is read first.
 */
export function patience(ms: number): Patience {
  const running = new AbortController();
  let left = steps;
  let timer: NodeJS.Timeout;
  let last: NodeJS.Immediate | undefined;
  const step = (): void => {
    timer = setTimeout(() => {
      left -= 1;
      if (left > 0) return step();
      // After the loop has looked at its sockets.
      last = setImmediate(() => running.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError')));
    }, ms / steps).unref();
  };
  step();
  return {
    signal: running.signal,
    stop() {
      clearTimeout(timer);
      clearImmediate(last);
    },
  };
}
