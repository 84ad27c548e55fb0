/** What can go wrong; the codes are listed in the README. */
export type PipelineErrorCode =
  | 'HW_PIPELINE_DEFINITION'
  | 'HW_PIPELINE_NOT_SERVED'
  | 'HW_PIPELINE_CONDITION'
  | 'HW_PIPELINE_PATTERN'
  | 'HW_PIPELINE_FIELD'
  | 'HW_PIPELINE_VALUE'
  | 'HW_PIPELINE_NO_MATCH'
  | 'HW_PIPELINE_TOO_COSTLY'
  | 'HW_PIPELINE_FAILED';

export interface PipelineErrorPlace {
  /** Type of the processor, like `grok`. */
  processor?: string;
  tag?: string;
  /** The property of the definition, or the field of the document. */
  field?: string;
  pipeline?: string;
  /** Offset in the expression that was not understood. */
  position?: number;
  cause?: unknown;
}

/** A definition that cannot be served (thrown when it is compiled) or a document that a pipeline could not treat (given back by `run`). */
export class PipelineError extends Error {
  readonly code: PipelineErrorCode;
  processor: string | undefined;
  tag: string | undefined;
  field: string | undefined;
  pipeline: string | undefined;
  readonly position: number | undefined;

  constructor(code: PipelineErrorCode, message: string, place: PipelineErrorPlace = {}) {
    super(message, place.cause === undefined ? undefined : { cause: place.cause });
    this.name = 'PipelineError';
    this.code = code;
    this.processor = place.processor;
    this.tag = place.tag;
    this.field = place.field;
    this.pipeline = place.pipeline;
    this.position = place.position;
  }

  /** Says where, once: the innermost processor wins. */
  at(place: { processor: string; tag: string | undefined; pipeline: string | undefined }): this {
    if (this.processor !== undefined) return this;
    this.processor = place.processor;
    this.tag = place.tag;
    this.pipeline = place.pipeline;
    return this;
  }

  /** Processor, tag and field before the message. */
  describe(): string {
    const parts: string[] = [];
    if (this.pipeline !== undefined) parts.push(`pipeline [${this.pipeline}]`);
    if (this.processor !== undefined) parts.push(`processor [${this.processor}]`);
    if (this.tag !== undefined) parts.push(`tag [${this.tag}]`);
    if (this.field !== undefined) parts.push(`field [${this.field}]`);
    return parts.length === 0 ? this.message : `${parts.join(' ')}: ${this.message}`;
  }
}
