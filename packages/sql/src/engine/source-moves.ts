/** A stream that begins anew in another topic. */
export interface SourceMove {
  readonly topic: string;
  /** Where those go on in it who have read the old one to its end, by partition: nothing is missed, and a little may be told twice. */
  readonly offsets: Readonly<Record<number, number>>;
}

type Listener = (move: SourceMove) => void;

/** Tells those who read a stream's topic when the stream is another one's. */
export class SourceMoves {
  readonly #listeners = new Map<string, Set<Listener>>();

  /** Until the function that it gives is called. */
  listen(topic: string, listener: Listener): () => void {
    let listeners = this.#listeners.get(topic);
    if (listeners === undefined) this.#listeners.set(topic, (listeners = new Set()));
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(topic) === listeners) this.#listeners.delete(topic);
    };
  }

  tell(topic: string, move: SourceMove): void {
    for (const listener of [...(this.#listeners.get(topic) ?? [])]) listener(move);
  }
}
