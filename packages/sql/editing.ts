/** For editors, in browsers too: what needs nothing but the lexer. */
export { type CompletionNames, type Completions, complete } from './src/syntax/editing/complete.ts';
export { type Highlight, type HighlightKind, highlight } from './src/syntax/editing/highlight.ts';
