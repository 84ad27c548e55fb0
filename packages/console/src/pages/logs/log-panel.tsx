import { type ReactNode, useState } from 'react';
import { lineById, surroundingLines } from '../../api/logs.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { Link } from '../../app/navigation.tsx';
import { zoneSetting } from '../../app/settings.ts';
import { useStore } from '../../app/store.ts';
import { Button, IconButton } from '../../components/controls.tsx';
import { CodeRegion } from '../../components/json-view.tsx';
import { Empty, Failure, Loading } from '../../components/notice.tsx';
import { Time } from '../../components/numbers.tsx';
import { Fact, Facts, Panel, PanelSection } from '../../components/panel.tsx';
import { copyText } from '../../components/toasts.tsx';
import { formatBytes, formatExact } from '../../format/number.ts';
import { formatTimeExact } from '../../format/time.ts';
import type { LogLine } from '../../logs/log-line.ts';
import { cutText, visibleText } from '../../logs/safe-text.ts';
import { logsPath, topicPath, tracePath } from '../../url/route.ts';
import { FollowButton } from '../follow/follow-button.tsx';
import { Level, LevelIcon } from './level-icon.tsx';
import { lineJson } from './log-table.tsx';

interface LogPanelProps {
  id: string;
  /** The line itself where the list has it. */
  line: LogLine | null;
  onClose: () => void;
  onOpen: (id: string) => void;
  onFilter: (field: string, value: string, isExcluded: boolean) => void;
}

/** One line in full: what it says, its stack, attributes, what the same instance said around it, and where to go on. */
export function LogPanel({ id, line, onClose, onOpen, onFilter }: LogPanelProps): ReactNode {
  const fetched = useFetch<LogLine | null>(line === null ? id : null, lineById);
  const found = line ?? fetched.data;
  if (found) return <WholeLine key={found.id} line={found} onClose={onClose} onOpen={onOpen} onFilter={onFilter} />;
  return (
    <Panel label="Log line" title={<span className="mono">{id}</span>} onClose={onClose}>
      {fetched.error ? (
        <Failure title="The line did not come" error={fetched.error} onRetry={fetched.reload} />
      ) : fetched.isLoading ? (
        <Loading rows={5} />
      ) : (
        <Empty title="This line is not there">
          <p>It was deleted with its day, or has not been indexed yet. Its record may still be in the topic.</p>
        </Empty>
      )}
    </Panel>
  );
}

const factFields = ['service', 'instance', 'logger', 'thread', 'host', 'file', 'source', 'template'] as const;

function WholeLine({
  line,
  onClose,
  onOpen,
  onFilter,
}: Omit<LogPanelProps, 'id' | 'line'> & { line: LogLine }): ReactNode {
  const zone = useStore(zoneSetting);
  const { stack, traceId, spanId, correlationId } = line.fields;
  const attributes = Object.entries(line.attributes);
  return (
    <Panel
      label="Log line"
      title={<Level level={line.level} />}
      subtitle={<span className="mono">{formatTimeExact(line.atMs, zone)}</span>}
      onClose={onClose}
      footer={<FollowLine line={line} />}
      tools={
        <IconButton
          icon="copy"
          name="Copy the line as JSON (c)"
          onClick={() => void copyText(lineJson(line), 'Line')}
        />
      }
    >
      <LongText label="Message" text={line.message} isOneLine />
      {stack !== undefined && (
        <PanelSection title="Stack">
          <LongText label="Stack" text={stack} />
        </PanelSection>
      )}
      <PanelSection title="From here">
        <ul className="log-onwards">
          {traceId !== undefined && (
            <>
              <li>
                <Link className="link" to={tracePath(traceId, spanId)}>
                  Trace <span className="mono">{visibleText(traceId.slice(0, 12))}…</span>
                </Link>
              </li>
              <li>
                <Link className="link" to={logsPath(`traceId:${traceId}`)}>
                  All lines of this trace
                </Link>
              </li>
            </>
          )}
          {correlationId !== undefined && (
            <li>
              <Link className="link" to={logsPath(`correlationId:"${correlationId}"`)}>
                All lines of this correlation id
              </Link>
            </li>
          )}
          {line.record && (
            <li>
              <Link
                className="link"
                to={`${topicPath(line.record.topic)}?record=${line.record.partition}:${line.record.offset}`}
              >
                Record{' '}
                <span className="mono">
                  {line.record.topic} {line.record.partition}:{line.record.offset}
                </span>
              </Link>
            </li>
          )}
        </ul>
      </PanelSection>
      <Facts>
        {factFields.map((field) => {
          const value = line.fields[field];
          return (
            value !== undefined && (
              <Fact key={field} name={field}>
                <FilterValue field={field} value={value} onFilter={onFilter} />
              </Fact>
            )
          );
        })}
      </Facts>
      {attributes.length > 0 && (
        <PanelSection title="Attributes">
          <Facts>
            {attributes.map(([name, value]) => (
              <Fact key={name} name={visibleText(name)}>
                <FilterValue field="labels" value={`${name}=${value}`} shown={value} onFilter={onFilter} />
              </Fact>
            ))}
          </Facts>
        </PanelSection>
      )}
      <Surrounding line={line} onOpen={onOpen} />
    </Panel>
  );
}

function FilterValue({
  field,
  value,
  shown = value,
  onFilter,
}: {
  field: string;
  value: string;
  shown?: string;
  onFilter: LogPanelProps['onFilter'];
}): ReactNode {
  const text = visibleText(cutText(shown, 400).text);
  return (
    <span className="log-fact">
      <span className="mono">{text}</span>
      <span className="log-fact-tools">
        <IconButton
          icon="plus"
          className="log-field-tool"
          name={`Only ${field} ${text}`}
          onClick={() => onFilter(field, value, false)}
        />
        <IconButton
          icon="minus"
          className="log-field-tool"
          name={`Without ${field} ${text}`}
          onClick={() => onFilter(field, value, true)}
        />
      </span>
    </span>
  );
}

const shownMax = 6000;
const wholeMax = 300_000;

/**
 * Text of any length, safe to look at: cut with its size until one asks for the rest. In what should be one line each end of a line is seen as such.
 */
function LongText({ label, text, isOneLine = false }: { label: string; text: string; isOneLine?: boolean }): ReactNode {
  const [isWhole, setWhole] = useState(false);
  const { text: cut, leftOut } = cutText(text, isWhole ? wholeMax : shownMax);
  return (
    <div className="log-text">
      <CodeRegion label={label}>
        {visibleText(isOneLine ? cut.replaceAll('\n', '↵\n') : cut, { keepLines: true }) || ' '}
      </CodeRegion>
      {leftOut > 0 && (
        <p className="muted log-text-more">
          {formatExact(leftOut)} more characters, {formatBytes(new TextEncoder().encode(text).length)} in all{' '}
          {isWhole ? '(copy gives all)' : <Button onClick={() => setWhole(true)}>Show all</Button>}
        </p>
      )}
    </div>
  );
}

function Surrounding({ line, onOpen }: { line: LogLine; onOpen: (id: string) => void }): ReactNode {
  const { data, error } = useFetch<LogLine[]>(line.id, (_id, signal) => surroundingLines(line, signal));
  return (
    <PanelSection
      title={line.fields['instance'] === undefined ? 'Around it, same service' : 'Around it, same instance'}
    >
      {error && !data ? (
        <p className="muted">They did not come: {error.message}</p>
      ) : !data ? (
        <Loading rows={4} />
      ) : (
        <ol className="log-around">
          {data.map((other) => (
            <li key={other.id}>
              <button type="button" aria-current={other.id === line.id || undefined} onClick={() => onOpen(other.id)}>
                <LevelIcon level={other.level} size={9} />
                <Time atMs={other.atMs} />
                <span className="mono truncate">
                  <span className="visually-hidden">{other.level} </span>
                  {visibleText(cutText(other.message, 200).text)}
                </span>
              </button>
            </li>
          ))}
        </ol>
      )}
    </PanelSection>
  );
}

/** By its trace, else by its correlation id; the line's own record says nothing of others. */
function FollowLine({ line }: { line: LogLine }): ReactNode {
  const { traceId, correlationId } = line.fields;
  if (traceId !== undefined) return <FollowButton subject={{ kind: 'trace', traceId }} />;
  if (correlationId !== undefined)
    return <FollowButton subject={{ kind: 'correlation', correlationId, aroundMs: line.atMs }} />;
  return <span className="muted">This line has no trace or correlation id to follow.</span>;
}
