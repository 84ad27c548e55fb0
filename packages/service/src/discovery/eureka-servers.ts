import { type Answer, type AskOptions, type HttpAsker, shownUrl } from '../ask/http-asker.ts';

/** Servers of one registry: the last that answered is asked first, the others when it does not. */
export class EurekaServers {
  readonly #urls: readonly string[];
  readonly #asker: HttpAsker;
  #current = 0;

  constructor(urls: readonly string[], asker: HttpAsker) {
    this.#urls = urls;
    this.#asker = asker;
  }

  /** The one that answered last. */
  get currentUrl(): string {
    return this.#urls[this.#current]!;
  }

  /** Asks for a path below the base address. Rejects with the last reason when no server answers; 5xx counts as no answer. */
  async ask(path: string, options: AskOptions = {}): Promise<Answer> {
    let failure: unknown;
    for (let tried = 0; tried < this.#urls.length; tried += 1) {
      const at = this.#current;
      const url = `${this.#urls[at]}${path}`;
      try {
        const answer = await this.#asker.ask(url, {
          ...options,
          headers: { accept: 'application/json', ...options.headers },
        });
        if (answer.status < 500) return answer;
        failure = new Error(`${shownUrl(url)} answered ${answer.status}`);
      } catch (error) {
        if (options.signal?.aborted) throw error;
        failure = error;
      }
      if (this.#current === at) this.#current = (at + 1) % this.#urls.length;
    }
    throw failure;
  }
}
