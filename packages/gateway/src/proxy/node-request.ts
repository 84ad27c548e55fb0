import type { ClientRequest, IncomingMessage } from 'node:http';
import type { AnswerListener, UpstreamRequest } from './upstream-request.ts';

/** A request to an upstream by Node's own client. */
export class NodeRequest implements UpstreamRequest {
  readonly #request: ClientRequest;
  #listener: AnswerListener | undefined;
  #answer: IncomingMessage | undefined;

  constructor(request: ClientRequest, listener: AnswerListener) {
    this.#request = request;
    this.#listener = listener;
    request.on('continue', () => this.#listener?.continued());
    request.on('drain', () => this.#listener?.drained());
    request.on('error', (error) => {
      // A failure to write the rest of the body does not spoil an answer that is on its way.
      if (!this.#answer?.complete) this.#fail(error);
    });
    request.on('response', (answer) => {
      this.#answer = answer;
      if (this.#listener === undefined) return void answer.resume();
      this.#listener.answered({
        status: answer.statusCode!,
        reason: answer.statusMessage ?? '',
        headers: answer.rawHeaders,
      });
      answer.on('data', (piece: Buffer) => this.#listener?.received(piece));
      answer.on('end', () => (answer.complete ? this.#complete(answer) : this.#fail(new Error('aborted'))));
      answer.on('error', (error) => this.#fail(error));
      answer.on('close', () => {
        if (!answer.complete) this.#fail(new Error('aborted'));
      });
    });
  }

  flush(): void {
    this.#request.flushHeaders();
  }

  write(piece: Buffer): boolean {
    return this.#request.write(piece);
  }

  end(): void {
    this.#request.end();
  }

  pause(): void {
    this.#answer?.pause();
  }

  resume(): void {
    this.#answer?.resume();
  }

  get isPaused(): boolean {
    return this.#answer?.isPaused() === true;
  }

  get isConnecting(): boolean {
    const { socket } = this.#request;
    return socket === null || socket.connecting;
  }

  get isReused(): boolean {
    return this.#request.reusedSocket;
  }

  destroy(): void {
    this.#listener = undefined;
    this.#request.destroy();
  }

  #complete(answer: IncomingMessage): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.completed(answer.rawTrailers.length === 0 ? undefined : answer.rawTrailers);
  }

  #fail(error: Error): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.failed(error);
  }
}
