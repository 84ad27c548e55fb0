import { Fragment, type ReactNode } from 'react';
import { Link, setParams } from '../../app/navigation.tsx';
import { zoneSetting } from '../../app/settings.ts';
import { useStore } from '../../app/store.ts';
import { IconButton } from '../../components/controls.tsx';
import { CodeRegion } from '../../components/json-view.tsx';
import { Fact, Facts, Panel, PanelSection } from '../../components/panel.tsx';
import { StateIcon } from '../../components/state.tsx';
import { copyText } from '../../components/toasts.tsx';
import { formatMicros } from '../../format/micros.ts';
import { formatExact } from '../../format/number.ts';
import { formatTimeExact } from '../../format/time.ts';
import { documentOf, type Endpoint, errorOf, linksOf, nameOf, recordOf, serviceOf } from '../../trace/span.ts';
import type { Trace, TraceNode } from '../../trace/trace-tree.ts';
import type { FollowSubject } from '../../url/follow.ts';
import { logsPath, pathOf, topicPath, tracePath } from '../../url/route.ts';

import { FollowButton } from '../follow/follow-button.tsx';

const kindNames = {
  CLIENT: 'calls another service',
  SERVER: 'answers a call',
  PRODUCER: 'sends a message',
  CONSUMER: 'takes a message',
} as const;

/** Attributes of the process rather than of the work. */
const isProcessTag = (name: string): boolean =>
  /^(?:service\.|deployment\.|host\.|process\.|telemetry\.|otel\.scope\.|k8s\.|container\.|headwater\.service$)/.test(
    name,
  );

/** One span: what it says of the work, of the process that did it, and where to go on from it. */
export function SpanPanel({ trace, node, onClose }: { trace: Trace; node: TraceNode; onClose: () => void }): ReactNode {
  const zone = useStore(zoneSetting);
  const { span } = node;
  const error = errorOf(span);
  const record = recordOf(span);
  const followed: FollowSubject = record ? { kind: 'record', ...record } : { kind: 'trace', traceId: span.traceId };
  const tags = Object.entries(span.tags ?? {});
  const work = tags.filter(([name]) => !isProcessTag(name) && name !== 'otel.links' && name !== 'error');
  const process = tags.filter(([name]) => isProcessTag(name));
  const durationUs = node.endUs - node.startUs;
  return (
    <Panel
      label={`Span ${nameOf(span)}`}
      title={<span className="truncate">{nameOf(span)}</span>}
      subtitle={serviceOf(span)}
      onClose={onClose}
      footer={<FollowButton subject={followed} />}
      tools={
        <IconButton
          icon="copy"
          name="Copy the span as JSON (c)"
          onClick={() => void copyText(JSON.stringify(span, null, 2), 'Span')}
        />
      }
    >
      {error !== null && (
        <div className="span-error" role="note">
          <StateIcon health="bad" label="Failed" />
          <span>{error === '' || error === 'true' ? 'This span failed.' : error}</span>
        </div>
      )}
      <Facts>
        <Fact name="Took">
          <span className="mono" title={`${formatExact(durationUs)} µs`}>
            {span.duration === undefined ? 'not said' : formatMicros(durationUs)}
          </span>{' '}
          {trace.durationUs > 0 && span.duration !== undefined && (
            <span className="muted">{Math.round((durationUs / trace.durationUs) * 100)} % of the trace</span>
          )}
        </Fact>
        {node.children.length > 0 && (
          <Fact name="Of that itself">
            <span className="mono">{formatMicros(ownTimeUs(node))}</span>
          </Fact>
        )}
        <Fact name="Began after">
          <span className="mono">{formatMicros(node.startUs)}</span>
        </Fact>
        {span.timestamp !== undefined && (
          <Fact name="Time">
            <span className="mono">{formatTimeExact(span.timestamp / 1000, zone)}</span>
          </Fact>
        )}
        {span.kind && <Fact name="Kind">{`${span.kind.toLowerCase()}: ${kindNames[span.kind]}`}</Fact>}
        {node.wait && (
          <Fact name="Waited">
            <span className="mono">{formatMicros(node.wait.endUs - node.wait.startUs)}</span> in{' '}
            {node.wait.topic ? (
              <Link className="link mono" to={topicPath(node.wait.topic)}>
                {node.wait.topic}
              </Link>
            ) : (
              'its topic'
            )}
          </Fact>
        )}
        <Fact name="Span id">
          <span className="mono">{span.id}</span>
        </Fact>
        {node.isOrphan && <Fact name="Parent">{`${span.parentId} is not in the trace: lost, or not sent yet`}</Fact>}
        {!node.isOrphan && node.parent && (
          <Fact name="Parent">
            <button
              type="button"
              className="link span-parent"
              onClick={() => setParams({ span: node.parent!.key }, { replace: true })}
            >
              {`${serviceOf(node.parent.span)} ${nameOf(node.parent.span)}`}
            </button>
          </Fact>
        )}
        {isSkewed(node) && (
          <Fact name="Clock">
            It begins before its caller did: the clocks of the two machines differ by at least{' '}
            {formatMicros(node.parent!.startUs - node.startUs)}.
          </Fact>
        )}
      </Facts>
      <Onwards node={node} />
      <PanelSection title={work.length === 0 ? 'No tags' : 'Tags'}>
        {work.length > 0 && <Pairs pairs={work} />}
      </PanelSection>
      {(span.annotations?.length ?? 0) > 0 && (
        <PanelSection title="Annotations">
          <ol className="span-annotations">
            {span.annotations!.map(({ timestamp, value }, index) => (
              <li key={index}>
                <span className="mono muted">{formatMicros(timestamp - trace.startUs)}</span>
                <span>{value}</span>
              </li>
            ))}
          </ol>
        </PanelSection>
      )}
      <PanelSection title="Process">
        <Pairs
          pairs={[
            ...(span.localEndpoint ? [['here', endpointText(span.localEndpoint)] as const] : []),
            ...(span.remoteEndpoint ? [['other side', endpointText(span.remoteEndpoint)] as const] : []),
            ...process,
          ]}
        />
      </PanelSection>
    </Panel>
  );
}

/** Where the same work is seen elsewhere. */
function Onwards({ node }: { node: TraceNode }): ReactNode {
  const { span } = node;
  const record = recordOf(span);
  const document = documentOf(span);
  const statement = span.tags?.['db.query.text'] ?? span.tags?.['db.statement'];
  const others = linksOf(span).filter(({ traceId }) => traceId !== span.traceId);
  return (
    <PanelSection title="From here">
      <ul className="span-onwards">
        <li>
          <Link className="link" to={logsPath(`traceId:${span.traceId}`)}>
            Log lines of this trace
          </Link>
        </li>
        {record && (
          <li>
            <Link className="link" to={`${topicPath(record.topic)}?record=${record.partition}:${record.offset}`}>
              Record {record.topic} {record.partition}:{record.offset}
            </Link>
          </li>
        )}
        {document && (
          <li>
            <Link
              className="link"
              to={`${pathOf({ page: 'search' })}?index=${encodeURIComponent(document.index)}&doc=${encodeURIComponent(document.id)}`}
            >
              Document {document.index} {document.id}
            </Link>
          </li>
        )}
        {others.map(({ traceId, spanId }) => (
          <li key={spanId}>
            <Link className="link" to={tracePath(traceId, spanId)}>
              Linked trace {traceId.slice(0, 12)}…
            </Link>
          </li>
        ))}
      </ul>
      {statement !== undefined && <CodeRegion label="Statement">{statement}</CodeRegion>}
    </PanelSection>
  );
}

function Pairs({ pairs }: { pairs: readonly (readonly [string, string])[] }): ReactNode {
  return (
    <dl className="pairs">
      {pairs.map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt className="mono">{breakAtDots(name)}</dt>
          <dd className="mono">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A long name goes on in the next line after a dot, not in the middle of a word. */
const breakAtDots = (name: string): ReactNode =>
  name.split('.').map((part, index) => (
    <Fragment key={index}>
      {index > 0 && (
        <>
          .<wbr />
        </>
      )}
      {part}
    </Fragment>
  ));

const endpointText = ({ serviceName, ipv4, ipv6, port }: Endpoint): string => {
  const host = ipv4 ?? (ipv6 === undefined ? '' : `[${ipv6}]`);
  return [serviceName, port === undefined ? host : `${host}:${port}`].filter(Boolean).join(' ') || 'not said';
};

/** Its duration without what its children cover. */
function ownTimeUs(node: TraceNode): number {
  let own = node.endUs - node.startUs;
  let until = node.startUs;
  for (const child of node.children) {
    const from = Math.max(until, child.startUs);
    const to = Math.min(node.endUs, child.endUs);
    if (to > from) own -= to - from;
    until = Math.max(until, to);
  }
  return Math.max(0, own);
}

/** Clocks of one machine agree to a millisecond, which is all that some senders tell. */
const isSkewed = (node: TraceNode): boolean => node.parent !== null && node.parent.startUs - node.startUs > 1000;
