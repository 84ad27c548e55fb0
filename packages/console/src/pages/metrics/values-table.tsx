import type { ReactNode } from 'react';
import { Time } from '../../components/numbers.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { type ChartUnit, formatChartValue } from '../../format/chart-value.ts';
import { type ChartLine, lastOf } from '../../format/line-points.ts';

interface Row {
  name: string;
  last: { value: number; atMs: number } | null;
  least: number;
  most: number;
  mean: number;
  count: number;
}

/** What the chart draws, as numbers: the last value, least, most and mean of each line. */
export function ValuesTable({ lines, unit }: { lines: readonly ChartLine[]; unit: ChartUnit }): ReactNode {
  const figure = (key: 'least' | 'most' | 'mean', name: string): Column<Row> => ({
    key,
    name,
    width: '104px',
    align: 'right',
    render: (row) => (row.count === 0 ? '–' : <Value value={row[key]} unit={unit} />),
  });
  const columns: Column<Row>[] = [
    {
      key: 'name',
      name: 'Line',
      width: 'minmax(200px, 1fr)',
      render: ({ name }) => <span className="truncate">{name}</span>,
    },
    {
      key: 'last',
      name: 'Last',
      width: '104px',
      align: 'right',
      render: ({ last }) => (last === null ? '–' : <Value value={last.value} unit={unit} />),
    },
    figure('least', 'Least'),
    figure('mean', 'Mean'),
    figure('most', 'Most'),
    {
      key: 'at',
      name: 'Last at',
      width: '150px',
      align: 'right',
      render: ({ last }) => (last === null ? '–' : <Time atMs={last.atMs} />),
    },
  ];
  return (
    <Table
      label="Values"
      rows={lines.map(rowOf)}
      columns={columns}
      rowKey={({ name }) => name}
      isInline
      isMain
      minWidth={780}
    />
  );
}

function Value({ value, unit }: { value: number; unit: ChartUnit }): ReactNode {
  return (
    <span className="mono" title={String(value)}>
      {formatChartValue(value, unit)}
    </span>
  );
}

function rowOf(line: ChartLine): Row {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let count = 0;
  for (const value of line.values) {
    if (!Number.isFinite(value)) continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
    sum += value;
    count += 1;
  }
  return { name: line.name, last: lastOf(line), least, most, mean: sum / count, count };
}
