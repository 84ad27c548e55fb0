import { type ReactNode, useState } from 'react';
import type { ConfigCatalogue, ConfigExplained, ConfigKey, ConfigKeyChange } from '../../api/config.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { useSubscription } from '../../app/live.ts';
import { setParams, useParams } from '../../app/navigation.tsx';
import { Page, Spring, Toolbar } from '../../app/page.tsx';
import { Input, SearchBox, Segments, Select } from '../../components/controls.tsx';
import { Command, Empty, Failure, Loading } from '../../components/notice.tsx';
import { useSettled } from '../../components/numbers.tsx';
import { StateIcon } from '../../components/state.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { useIsNarrow } from '../../components/use-is-narrow.ts';
import { plural } from '../../format/number.ts';
import { CompareView } from './compare-view.tsx';
import { HistoryView } from './history-view.tsx';
import { KeyPanel } from './key-panel.tsx';
import { ReadersView } from './readers-view.tsx';
import './config-page.css';

const views = [
  { value: 'values', name: 'Values' },
  { value: 'history', name: 'History' },
  { value: 'compare', name: 'Compare' },
  { value: 'readers', name: 'Read by' },
] as const;

type View = (typeof views)[number]['value'];

/** What an application is configured with, where each value comes from, who changed it, and who has read it. */
export default function ConfigPage(): ReactNode {
  const params = useParams();
  const isNarrow = useIsNarrow();
  const application = params.get('app') ?? 'application';
  const profiles = params.get('profiles') ?? 'default';
  const label = params.get('label') ?? '';
  const filter = params.get('q') ?? '';
  const view = views.find(({ value }) => value === params.get('view'))?.value ?? 'values';
  const known = useFetch<ConfigCatalogue>('/api/config/api/applications');
  const settled = useSettled(profiles.trim() === '' ? 'default' : profiles.trim(), 300);
  const query = new URLSearchParams({ application, profiles: settled, ...(label === '' ? {} : { label }) }).toString();
  const explained = useFetch<ConfigExplained>(`/api/config/api/explain?${query}`);
  const [changed, setChanged] = useState<ReadonlyMap<string, ConfigKeyChange['kind']>>(new Map());
  const [turn, setTurn] = useState(0);
  const [broken, setBroken] = useState<string | null>(null);
  const stream = useSubscription(`/api/config/api/watch?${query}`, {
    onEvent: (name, data) => {
      if (name === 'broken') return setBroken((JSON.parse(data) as { message: string }).message);
      setBroken(null);
      if (name !== 'change') return;
      const { changes } = JSON.parse(data) as { changes: ConfigKeyChange[] | null };
      setChanged(new Map((changes ?? []).map(({ key, kind }) => [key, kind])));
      setTurn((value) => value + 1);
      explained.reload();
      known.reload();
    },
  });
  const data = explained.data;
  const rows = (data?.keys ?? []).filter((row) => matches(row, filter));
  const open = data?.keys.find(({ key }) => key === params.get('key')) ?? null;

  return (
    <Page
      title="Configuration"
      isFilled
      panel={open && <KeyPanel row={open} version={data!.version} onClose={() => setParams({ key: null })} />}
    >
      <Toolbar>
        <Choices catalogue={known.data} application={application} profiles={profiles} label={label} />
        <Segments
          label="View"
          value={view}
          choices={views}
          onChange={(next: View) => setParams({ view: next === 'values' ? null : next, key: null })}
        />
        {view === 'values' && (
          <SearchBox
            label="Filter keys and values"
            value={filter}
            isPageFilter
            onChange={(text) => setParams({ q: text }, { replace: true })}
          />
        )}
        <Spring />
        <span className="pager">
          {data && plural(data.keys.length, 'key')}
          {data?.version && (
            <span className="mono" title={`Commit ${data.version}`}>
              {' · '}
              {data.version.slice(0, 8)}
            </span>
          )}
        </span>
      </Toolbar>
      {broken !== null && (
        <p className="config-broken" role="alert">
          <StateIcon health="bad" label="Broken" size={14} />
          <span>
            <strong>A file cannot be read.</strong> {broken} What is below is the last that could.
          </span>
        </p>
      )}
      {stream.kind === 'error' && view === 'values' && broken === null && (
        <p className="config-broken">
          <StateIcon health="warning" label="Warning" size={14} />
          <span>Changes are not shown by themselves: the configuration server does not tell them.</span>
        </p>
      )}
      {view === 'history' && <HistoryView application={application} label={label} turn={turn} />}
      {view === 'compare' && <CompareView query={query} catalogue={known.data} turn={turn} />}
      {view === 'readers' && <ReadersView application={application} version={data?.version ?? null} turn={turn} />}
      {view === 'values' &&
        (data === null && explained.error ? (
          <Failure error={explained.error} title="The configuration cannot be shown" onRetry={explained.reload} />
        ) : data === null ? (
          <Loading rows={8} />
        ) : (
          <Table
            label="Keys"
            rows={rows}
            columns={isNarrow ? narrowColumns(changed) : columns(changed)}
            rowKey={(row) => row.key}
            openKey={open?.key ?? null}
            onOpen={(row) => setParams({ key: row.key })}
            isMain
            minWidth={isNarrow ? 0 : 720}
            rowHeight={isNarrow ? 52 : 44}
            empty={<NoKeys application={application} filter={filter} catalogue={known.data} />}
          />
        ))}
    </Page>
  );
}

function Choices(props: {
  catalogue: ConfigCatalogue | null;
  application: string;
  profiles: string;
  label: string;
}): ReactNode {
  const { catalogue, application, profiles, label } = props;
  const names = new Set([...(catalogue?.applications ?? []).map(({ name }) => name), application]);
  const offered = catalogue?.applications.find(({ name }) => name === application)?.profiles ?? [];
  const common = catalogue?.applications.find(({ name }) => name === 'application')?.profiles ?? [];
  const labels = catalogue?.labels ?? [];
  return (
    <>
      <Select
        aria-label="Application"
        value={application}
        onChange={(event) => setParams({ app: event.target.value, key: null })}
      >
        {[...names].map((name) => (
          <option key={name} value={name}>
            {name === 'application' ? 'application (all)' : name}
          </option>
        ))}
      </Select>
      <span className="config-profiles">
        <span className="muted" aria-hidden="true">
          Profiles
        </span>
        <Input
          aria-label="Profiles, with commas"
          className="mono"
          list="config-profiles"
          value={profiles}
          onChange={(event) => setParams({ profiles: event.target.value }, { replace: true })}
        />
      </span>
      <datalist id="config-profiles">
        {[...new Set(['default', ...offered, ...common])].map((profile) => (
          <option key={profile} value={profile} />
        ))}
      </datalist>
      {labels.length > 0 && (
        <Select aria-label="Label" value={label} onChange={(event) => setParams({ label: event.target.value || null })}>
          <option value="">{catalogue?.repository.defaultLabel} (default)</option>
          {[...new Set([...labels, ...(label === '' ? [] : [label])])].map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </Select>
      )}
    </>
  );
}

const columns = (changed: ReadonlyMap<string, ConfigKeyChange['kind']>): Column<ConfigKey>[] => [
  {
    key: 'key',
    name: 'Key',
    width: 'minmax(180px, 1.2fr)',
    render: (row) => (
      <span className="truncate mono" title={row.key}>
        {row.key}
        {changed.has(row.key) && <span className="config-new">{changed.get(row.key)}</span>}
      </span>
    ),
  },
  {
    key: 'value',
    name: 'Value',
    width: 'minmax(160px, 1.4fr)',
    render: (row) => (
      <span className="config-value">
        <span className="truncate mono" title={String(row.value)}>
          {shown(row.value)}
        </span>
        {row.resolved !== undefined && <span className="truncate muted mono">= {row.resolved}</span>}
      </span>
    ),
  },
  {
    key: 'from',
    name: 'From',
    width: 'minmax(160px, 1fr)',
    render: (row) => (
      <span className="truncate" title={row.source}>
        {placeText(row)}
      </span>
    ),
  },
  {
    key: 'over',
    name: 'Overrides',
    width: '100px',
    align: 'right',
    render: (row) => (row.overridden.length === 0 ? <span className="muted">–</span> : row.overridden.length),
  },
];

/** On a phone: the value is below its key; where it is from is told when the row is opened. */
function narrowColumns(changed: ReadonlyMap<string, ConfigKeyChange['kind']>): Column<ConfigKey>[] {
  const [key, value] = columns(changed);
  return [
    {
      ...key!,
      name: 'Key and value',
      width: 'minmax(0, 1fr)',
      render: (row) => (
        <span className="table-two">
          {key!.render(row)}
          <span className="muted truncate">{value!.render(row)}</span>
        </span>
      ),
    },
  ];
}

export function shown(value: ConfigKey['value'] | null): ReactNode {
  if (value === null) return <span className="muted">not set</span>;
  return value === '' ? <span className="muted">empty</span> : String(value);
}

export function placeText({ path, origin, source }: Pick<ConfigKey, 'path' | 'origin' | 'source'>): string {
  if (path === null) return source;
  return origin === null ? path : `${path}:${origin}`;
}

function matches(row: ConfigKey, filter: string): boolean {
  const text = filter.toLowerCase();
  return row.key.toLowerCase().includes(text) || String(row.value).toLowerCase().includes(text);
}

function NoKeys(props: { application: string; filter: string; catalogue: ConfigCatalogue | null }): ReactNode {
  const { application, filter, catalogue } = props;
  if (filter !== '') return <Empty title={`No key or value has “${filter}” in it`} />;
  const folder = catalogue?.repository.address.replace(/^file:\/\//, '') ?? 'headwater-data/config';
  return (
    <Empty title={`${application} is configured with nothing yet`}>
      <p>A file of its name is all it takes; whoever reads it hears of it within a second:</p>
      <Command>{`echo 'greeting: hello' >> ${folder}/${application}.yml`}</Command>
    </Empty>
  );
}
