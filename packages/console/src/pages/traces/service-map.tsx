import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { ApiError } from '../../api/api-error.ts';
import { getJson } from '../../api/http.ts';
import { type DependencyLink, dependenciesPath } from '../../api/traces.ts';
import { paused } from '../../app/live.ts';
import { setParams } from '../../app/navigation.tsx';
import { Empty, Failure, Loading } from '../../components/notice.tsx';
import { StateIcon } from '../../components/state.tsx';
import { useTimeRange } from '../../components/time-range-control.tsx';
import { useSize } from '../../components/use-size.ts';
import { layoutGraph } from '../../flow/layout.ts';
import { type EdgePath, edgePath } from '../../flow/path.ts';
import { formatCount, formatExact, plural } from '../../format/number.ts';
import { seriesColour, seriesTones } from '../../format/series.ts';
import { isLiveRange, resolveRange } from '../../url/time-range.ts';

const refreshMs = 5000;
const nodeWidth = 172;
const nodeHeight = 44;
const margin = 32;

/** Who calls whom in the chosen time, from the spans themselves; an edge leads to its traces. */
export function ServiceMap({ services }: { services: readonly string[] }): ReactNode {
  const range = useTimeRange();
  const [links, setLinks] = useState<readonly DependencyLink[] | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const rangeKey = `${range.from} ${range.to}`;
  useEffect(() => {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isFirst = true;
    const ask = async (): Promise<void> => {
      if (isFirst || (!document.hidden && !paused.get())) {
        try {
          const answer = await getJson<DependencyLink[]>(
            dependenciesPath(resolveRange(range, Date.now())),
            controller.signal,
          );
          if (controller.signal.aborted) return;
          setLinks(answer);
          setError(null);
          isFirst = false;
        } catch (failure) {
          if (controller.signal.aborted) return;
          setError(failure instanceof ApiError ? failure : new ApiError(-1, 'HW_CONSOLE_BUG', String(failure)));
        }
      }
      if (isFirst || isLiveRange(range)) timer = setTimeout(() => void ask(), refreshMs);
    };
    void ask();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [rangeKey]);
  if (error && !links) return <Failure title="The service map did not come" error={error} />;
  if (!links) return <Loading rows={4} />;
  if (links.length === 0) {
    return (
      <Empty title="Nobody called anybody in this time">
        <p>
          The map is drawn from spans that name both ends of a call: a server’s span under a client’s, or a span with
          the other side’s name.{' '}
          {services.length > 0 &&
            `${plural(services.length, 'service')} sent spans: ${services.slice(0, 8).join(', ')}.`}
        </p>
      </Empty>
    );
  }
  return <Drawing links={links} />;
}

function Drawing({ links }: { links: readonly DependencyLink[] }): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const size = useSize(box);
  const direction = (size?.width ?? 1000) < 720 ? 'down' : 'right';
  const structure = links.map(({ parent, child }) => `${parent}>${child}`).join('\n');
  const names = useMemo(() => [...new Set(links.flatMap(({ parent, child }) => [parent, child]))].sort(), [structure]);
  const tones = useMemo(() => seriesTones(names), [names]);
  const layout = useMemo(
    () =>
      layoutGraph(
        names.map((id) => ({ id, width: nodeWidth, height: nodeHeight })),
        links.map(({ parent, child }) => ({ id: `${parent}>${child}`, from: parent, to: child })),
        { direction, layerGap: direction === 'right' ? 150 : 76, nodeGap: direction === 'right' ? 40 : 24 },
      ),
    [structure, direction],
  );
  const paths = useMemo(
    () => new Map([...layout.edges].map(([id, points]) => [id, edgePath(points, direction)])),
    [layout, direction],
  );
  const labels = useMemo(() => placeLabels(paths, links), [paths, structure]);
  const scale = Math.min(1, Math.max(0.8, ((size?.width ?? 1000) - 2 * margin) / Math.max(1, layout.width)));
  const most = Math.max(...links.map(({ callCount }) => callCount));
  const calls = new Map<string, { calls: number; errors: number }>();
  for (const { child, callCount, errorCount = 0 } of links) {
    const sum = calls.get(child) ?? { calls: 0, errors: 0 };
    calls.set(child, { calls: sum.calls + callCount, errors: sum.errors + errorCount });
  }
  const left = Math.max(margin, ((size?.width ?? 0) - layout.width * scale) / 2);
  const top = Math.max(margin, Math.min(160, ((size?.height ?? 0) - layout.height * scale) / 2));
  const openEdge = (id: string): void => setParams({ view: null, edge: id, service: null, name: null });
  return (
    <section className="service-map" ref={box} aria-label="Service map">
      <div
        className="service-map-space"
        style={{ width: layout.width * scale + 2 * margin, height: layout.height * scale + 2 * margin }}
      >
        <div
          style={{
            position: 'absolute',
            transformOrigin: '0 0',
            transform: `translate(${left}px, ${top}px) scale(${scale})`,
          }}
        >
          <svg className="service-map-edges" width={layout.width} height={layout.height} aria-hidden="true">
            <defs>
              <marker
                id="service-arrow"
                viewBox="0 0 8 8"
                refX="7"
                refY="4"
                markerWidth="8"
                markerHeight="8"
                markerUnits="userSpaceOnUse"
                orient="auto"
              >
                <path d="M1 1 7 4 1 7z" fill="context-stroke" />
              </marker>
            </defs>
            {links.map(({ parent, child, callCount, errorCount = 0 }) => {
              const path = paths.get(`${parent}>${child}`);
              return (
                path && (
                  // biome-ignore lint/a11y/noStaticElementInteractions: the label is the button; the line is a larger target for the mouse
                  <g
                    key={`${parent}>${child}`}
                    className={`service-map-edge ${errorCount > 0 ? 'service-map-edge-bad' : ''}`}
                    onClick={() => openEdge(`${parent}>${child}`)}
                  >
                    <path
                      d={path.d}
                      strokeWidth={1.25 + 2.5 * (Math.log1p(callCount) / Math.log1p(most))}
                      markerEnd="url(#service-arrow)"
                    />
                    <path d={path.d} className="service-map-target" />
                  </g>
                )
              );
            })}
          </svg>
          {links.map(({ parent, child, callCount, errorCount = 0 }) => {
            const path = paths.get(`${parent}>${child}`);
            const at = path ? labels.get(`${parent}>${child}`) : selfPlace(layout.nodes.get(parent));
            return (
              at && (
                <button
                  key={`${parent}>${child}`}
                  type="button"
                  className="service-map-label"
                  style={{ transform: `translate(${at.x}px, ${at.y}px) translate(-50%, -50%)` }}
                  title={`${parent} called ${child} ${formatExact(callCount)} times, ${formatExact(errorCount)} failed. Show these traces.`}
                  onClick={() => openEdge(`${parent}>${child}`)}
                >
                  <span className="visually-hidden">
                    Traces of {parent} to {child}:{' '}
                  </span>
                  {plural(callCount, 'call')}
                  {errorCount > 0 && (
                    <span className="state-bad service-map-errors">
                      <StateIcon health="bad" size={10} label="" /> {formatCount(errorCount)} failed
                    </span>
                  )}
                </button>
              )
            );
          })}
          {names.map((name) => {
            const at = layout.nodes.get(name);
            const { calls: called = 0, errors = 0 } = calls.get(name) ?? {};
            return (
              at && (
                <button
                  key={name}
                  type="button"
                  className="service-map-node"
                  style={{ transform: `translate(${at.x}px, ${at.y}px)`, width: nodeWidth, height: nodeHeight }}
                  title={`Show traces with ${name}`}
                  onClick={() => setParams({ view: null, service: name, edge: null, name: null })}
                >
                  <span
                    className="service-swatch"
                    style={{ background: seriesColour(tones.get(name)) }}
                    aria-hidden="true"
                  />
                  <span className="service-map-text">
                    <span className="truncate">{name}</span>
                    <span className="muted">
                      {called === 0 ? 'calls others only' : `called ${formatCount(called)}×`}
                    </span>
                  </span>
                  {errors > 0 && <StateIcon health="bad" label={`${plural(errors, 'call')} failed`} />}
                </button>
              )
            );
          })}
        </div>
      </div>
    </section>
  );
}

const selfPlace = (at: { x: number; y: number } | undefined): { x: number; y: number } | undefined =>
  at && { x: at.x + nodeWidth / 2, y: at.y + nodeHeight + 12 };

const labelWidth = 128;
const labelHeight = 26;

/** On the curve of its edge, halfway where there is room, else nearer to one of its ends. */
function placeLabels(
  paths: ReadonlyMap<string, EdgePath>,
  links: readonly DependencyLink[],
): Map<string, { x: number; y: number }> {
  const placed = new Map<string, { x: number; y: number }>();
  for (const { parent, child } of links) {
    const id = `${parent}>${child}`;
    const samples = paths.get(id)?.samples;
    if (!samples) continue;
    const places = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8].map((part) => {
      const index = Math.floor((samples.length / 2 - 1) * part) * 2;
      return { x: samples[index] ?? 0, y: samples[index + 1] ?? 0 };
    });
    const isFree = ({ x, y }: { x: number; y: number }): boolean =>
      ![...placed.values()].some((other) => Math.abs(other.x - x) < labelWidth && Math.abs(other.y - y) < labelHeight);
    placed.set(id, places.find(isFree) ?? places[0]!);
  }
  return placed;
}
