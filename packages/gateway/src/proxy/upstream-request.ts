/** The head of an upstream's answer. */
export interface AnswerHead {
  readonly status: number;
  readonly reason: string;
  /** `[name, value, …]` as it came. */
  readonly headers: readonly string[];
}

/** Hears what becomes of a request to an upstream. After `completed` or `failed` nothing more is told. */
export interface AnswerListener {
  /** `100 Continue`: the upstream wants the body. */
  continued(): void;
  answered(head: AnswerHead): void;
  /** A view of the buffer that is read into, good until this returns: who keeps it copies it. */
  received(piece: Buffer): void;
  /** The answer is whole. `trailers` as `[name, value, …]`, where there are any. */
  completed(trailers: readonly string[] | undefined): void;
  /** Before the answer or within it. */
  failed(error: NodeJS.ErrnoException): void;
  /** There is room again for what `write` said was too much. */
  drained(): void;
}

export interface RequestHead {
  readonly method: string;
  readonly path: string;
  /** `[name, value, …]`, framing included. */
  readonly headers: string[];
}

/** A request under way to an upstream. */
export interface UpstreamRequest {
  /** Sends the head now, without waiting for the body. */
  flush(): void;
  /** False: enough for now, `drained` follows. */
  write(piece: Buffer): boolean;
  end(): void;
  /** Of the answer's body. */
  pause(): void;
  resume(): void;
  readonly isPaused: boolean;
  /** No connection has been made yet. */
  readonly isConnecting: boolean;
  /** It went out on a connection that had served another request before. */
  readonly isReused: boolean;
  /** Ends it, and the connection when it is not whole. Nothing more is told to the listener. */
  destroy(): void;
}
