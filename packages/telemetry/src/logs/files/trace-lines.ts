/** How far a text has been told to be a stack trace: what may follow depends on it. */
export type TraceState = 'none' | 'indented' | 'python' | 'python-end' | 'go' | 'node-source';

const javaHead = /^(?:Caused by: |Suppressed: |(?:[a-z_][\w$]*\.)+[A-Z][\w$]*(?:Exception|Error|Throwable|Failure)\b)/;
const javaRest = /^(?:\.\.\. \d+ (?:more|common frames omitted)|Caused by: |Suppressed: )/;
const pythonHead = /^Traceback \(most recent call last\):/;
const pythonAgain = /^(?:During handling of the above exception|The above exception was the direct cause)/;
const goHead = /^(?:panic: |fatal error: )/;
const goRest = /^(?:goroutine \d+ \[|\t|created by |\[signal |panic: |exit status \d|[\w./*()[\]{}·-]+\(.*\)$)/;
const nodeSource = /^(?:file:\/\/|\/|node:|[A-Z]:\\).*:\d+$/;
const nodeEnd = /^Node\.js v\d/;
const closing = /^[}\])]+[;,]?$/;
const troubled = /error|exception|critical|fatal|severe|fail|warn|unhandled|uncaught/i;

/**
 * Whether a line goes on with the event before it, for the traces of Java, Python, Node and Go; and what may follow then.
 *
 * @param state after the line before
 * @param head the event's first line
 */
export function continues(state: TraceState, head: string, line: string): { isNext: boolean; state: TraceState } {
  const next = (to: TraceState) => ({ isNext: true, state: to });
  const begin = (): { isNext: boolean; state: TraceState } => ({ isNext: false, state: startOf(line) });
  switch (state) {
    case 'python':
      if (isIndented(line) || line.trim() === '' || pythonHead.test(line)) return next('python');
      // The exception itself, below its frames.
      return next('python-end');
    case 'python-end':
      if (isIndented(line) || line.trim() === '' || pythonAgain.test(line)) return next('python-end');
      return pythonHead.test(line) ? next('python') : begin();
    case 'go':
      return line.trim() === '' || goRest.test(line) ? next('go') : begin();
    case 'node-source':
      // The line of source, a caret, and the error below; then its version ends it.
      return nodeEnd.test(line) ? next('none') : next('node-source');
    default:
      if (line.trim() === '') return next(state);
      if (isIndented(line)) return next('indented');
      if (javaRest.test(line)) return next('indented');
      if (state === 'indented' && closing.test(line)) return next('indented');
      if (javaHead.test(line) && troubled.test(head) && !javaHead.test(head)) return next('indented');
      if (pythonHead.test(line) && troubled.test(head)) return next('python');
      return begin();
  }
}

/** The state after the first line of an event. */
export function startOf(line: string): TraceState {
  if (pythonHead.test(line)) return 'python';
  if (goHead.test(line)) return 'go';
  return nodeSource.test(line) ? 'node-source' : 'none';
}

function isIndented(line: string): boolean {
  const first = line.charCodeAt(0);
  return first === 0x20 || first === 0x09;
}
