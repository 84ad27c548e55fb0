import { type ReactNode, useMemo, useState } from 'react';
import { formatExact } from '../format/number.ts';
import { type JsonNode, tryParseJson } from '../json/parse.ts';
import { prettyLines } from '../json/pretty.ts';
import { Button } from './controls.tsx';
import './json-view.css';

const firstLines = 400;
const allLines = 20_000;

/** JSON text, indented and coloured, every number as it was written. What is no JSON is shown as it is. */
export function JsonView({ text, label }: { text: string; label: string }): ReactNode {
  const [isWhole, setWhole] = useState(false);
  const root = useMemo(() => tryParseJson(text), [text]);
  if (!root) return <RawText text={text} label={label} />;
  return (
    <Lines
      text={text}
      root={root}
      linesMax={isWhole ? allLines : firstLines}
      label={label}
      onMore={() => setWhole(true)}
    />
  );
}

function Lines({
  text,
  root,
  linesMax,
  label,
  onMore,
}: {
  text: string;
  root: JsonNode;
  linesMax: number;
  label: string;
  onMore: () => void;
}): ReactNode {
  const { lines, linesLeftOut } = useMemo(() => prettyLines(text, root, linesMax), [text, root, linesMax]);
  return (
    <>
      <CodeRegion label={label}>
        {lines.map((line, index) => (
          <span key={index} className="json-line" style={{ paddingLeft: `${line.depth * 2}ch` }}>
            {line.tokens.map((token, place) => (
              <span key={place} className={`json-${token.kind}`}>
                {token.text}
              </span>
            ))}
            {'\n'}
          </span>
        ))}
      </CodeRegion>
      {linesLeftOut > 0 && (
        <p className="json-more">
          {formatExact(linesLeftOut)} more lines{' '}
          {linesMax < allLines ? (
            <Button onClick={onMore}>Show {linesLeftOut < allLines ? 'all' : formatExact(allLines)}</Button>
          ) : (
            '(copy shows all)'
          )}
        </p>
      )}
    </>
  );
}

export function RawText({ text, label }: { text: string; label: string }): ReactNode {
  return <CodeRegion label={label}>{text}</CodeRegion>;
}

/** A block of text that scrolls by itself, named and reachable by keyboard. */
export function CodeRegion({
  label,
  className = '',
  children,
}: {
  label: string;
  className?: string;
  children: ReactNode;
}): ReactNode {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className={`json-view ${className}`} tabIndex={0} aria-label={label}>
      <pre>{children}</pre>
    </section>
  );
}
