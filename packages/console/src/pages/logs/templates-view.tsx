import { type ReactNode, useMemo } from 'react';
import { type FoundLines, findLines } from '../../api/logs.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { Empty, Failure, Loading } from '../../components/notice.tsx';
import { Count, Time } from '../../components/numbers.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { copyText } from '../../components/toasts.tsx';
import { plural } from '../../format/number.ts';
import { type TemplateCount, topTemplates } from '../../logs/log-line.ts';
import { visibleText } from '../../logs/safe-text.ts';
import { resolveRange, type TimeRange } from '../../url/time-range.ts';
import { Level } from './level-icon.tsx';

const sampleSize = 2000;

/** What the lines say when their values are taken out: the commonest first, by the newest lines of the window. */
export function TemplatesView({
  query,
  range,
  onChoose,
}: {
  query: string;
  range: TimeRange;
  onChoose: (template: TemplateCount) => void;
}): ReactNode {
  const { data, error, reload } = useFetch<FoundLines>(`${query}\n${range.from}\n${range.to}`, (_key, signal) =>
    findLines(query, resolveRange(range, Date.now()), signal, { size: sampleSize }),
  );
  const templates = useMemo(() => topTemplates(data?.lines ?? []), [data]);
  const total = data?.lines.length ?? 0;
  const columns = useMemo(() => columnsOf(total), [total]);
  if (error && !data) return <Failure title="The templates did not come" error={error} onRetry={reload} />;
  if (!data) return <Loading rows={8} />;
  return (
    <>
      <p className="logs-note" role="status">
        {plural(templates.length, 'template')} in {data.total > total ? `the newest ${plural(total, 'line')} of ` : ''}
        {plural(data.total, 'line')}. Enter shows the lines of one.
      </p>
      <Table
        label="Templates"
        rows={templates}
        columns={columns}
        rowKey={(row) => row.template}
        onOpen={onChoose}
        onCopy={(row) => void copyText(row.template, 'Template')}
        isMain
        rowHeight={34}
        minWidth={760}
        empty={<Empty title="No line in this time" />}
      />
    </>
  );
}

function columnsOf(total: number): Column<TemplateCount>[] {
  return [
    {
      key: 'count',
      name: 'Lines',
      width: '72px',
      align: 'right',
      render: (row) => <Count value={row.count} unit="lines" />,
    },
    {
      key: 'share',
      name: 'Share',
      width: '120px',
      render: (row) => (
        <>
          <span className="took-track" aria-hidden="true">
            <span className="took-bar" style={{ width: `${(row.count / Math.max(1, total)) * 100}%` }} />
          </span>
          <span className="mono muted">{Math.round((row.count / Math.max(1, total)) * 100)} %</span>
        </>
      ),
    },
    { key: 'level', name: 'Worst', width: '86px', render: (row) => <Level level={row.level} /> },
    {
      key: 'template',
      name: 'Template',
      width: 'minmax(280px, 1fr)',
      render: (row) => (
        <span className="mono truncate" title={visibleText(row.example.message.slice(0, 400))}>
          {visibleText(row.template)}
        </span>
      ),
    },
    {
      key: 'services',
      name: 'Services',
      width: '180px',
      render: (row) => <span className="truncate muted">{visibleText(row.services.join(', '))}</span>,
    },
    { key: 'last', name: 'Last', width: '112px', render: (row) => <Time atMs={row.lastMs} /> },
  ];
}
