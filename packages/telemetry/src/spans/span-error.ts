/** What was sent is no span: with the place in it. */
export class SpanError extends Error {
  readonly code = 'HW_TELEMETRY_SPAN';
  override readonly name = 'SpanError';
}
