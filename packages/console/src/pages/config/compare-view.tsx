import { type ReactNode, useEffect } from 'react';
import type { ConfigCatalogue, ConfigDifferences } from '../../api/config.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { setParams, useParams } from '../../app/navigation.tsx';
import { Input, Select } from '../../components/controls.tsx';
import { Empty, Failure, Loading } from '../../components/notice.tsx';
import { useSettled } from '../../components/numbers.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { plural } from '../../format/number.ts';
import { shown } from './config-page.tsx';

type Change = ConfigDifferences['changes'][number];

const columns: Column<Change>[] = [
  {
    key: 'key',
    name: 'Key',
    width: 'minmax(180px, 1fr)',
    render: (row) => <span className="truncate mono">{row.key}</span>,
  },
  { key: 'kind', name: 'Is', width: '90px', render: (row) => <span className={`config-${row.kind}`}>{row.kind}</span> },
  {
    key: 'from',
    name: 'Here',
    width: 'minmax(140px, 1fr)',
    render: (row) => <span className="truncate mono">{shown(row.from)}</span>,
  },
  {
    key: 'to',
    name: 'There',
    width: 'minmax(140px, 1fr)',
    render: (row) => <span className="truncate mono">{shown(row.to)}</span>,
  },
];

/** What differs between these profiles and label, and others. */
export function CompareView(props: { query: string; catalogue: ConfigCatalogue | null; turn: number }): ReactNode {
  const { query, catalogue, turn } = props;
  const params = useParams();
  const profiles = params.get('toProfiles') ?? 'default';
  const label = params.get('toLabel') ?? '';
  const toProfiles = useSettled(profiles.trim() === '' ? 'default' : profiles.trim(), 300);
  const to = new URLSearchParams({ toProfiles, ...(label === '' ? {} : { toLabel: label }) });
  const { data, error, reload } = useFetch<ConfigDifferences>(`/api/config/api/diff?${query}&${to}`);
  useEffect(() => {
    if (turn > 0) reload();
  }, [turn, reload]);
  const labels = catalogue?.labels ?? [];
  return (
    <>
      <div className="config-compare">
        <span>Compared with</span>
        <Input
          aria-label="Profiles to compare with"
          className="config-profiles mono"
          list="config-profiles"
          value={profiles}
          onChange={(event) => setParams({ toProfiles: event.target.value }, { replace: true })}
        />
        {labels.length > 0 && (
          <Select
            aria-label="Label to compare with"
            value={label}
            onChange={(event) => setParams({ toLabel: event.target.value || null })}
          >
            <option value="">the same label</option>
            {labels.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </Select>
        )}
        {data && <span className="muted">{plural(data.changes.length, 'difference')}</span>}
      </div>
      {data === null ? (
        error ? (
          <Failure error={error} title="These cannot be compared" onRetry={reload} />
        ) : (
          <Loading rows={6} />
        )
      ) : (
        <Table
          label="Differences"
          rows={data.changes}
          columns={columns}
          rowKey={(row) => row.key}
          isMain
          minWidth={720}
          rowHeight={36}
          empty={<Empty title="Both are configured alike" />}
        />
      )}
    </>
  );
}
