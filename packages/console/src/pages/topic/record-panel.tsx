import { type ReactNode, useMemo } from 'react';
import { getText } from '../../api/http.ts';
import type { ConsumePage, LogRecord, RecordData } from '../../api/types.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { setParams, useParams } from '../../app/navigation.tsx';
import { zoneSetting } from '../../app/settings.ts';
import { useStore } from '../../app/store.ts';
import { Button, IconButton, Segments } from '../../components/controls.tsx';
import { CodeRegion, JsonView, RawText } from '../../components/json-view.tsx';
import { Empty, Failure, Loading } from '../../components/notice.tsx';
import { Age, Bytes } from '../../components/numbers.tsx';
import { Fact, Facts, Panel, PanelSection } from '../../components/panel.tsx';
import { copyText, toast } from '../../components/toasts.tsx';
import { formatBytes, formatExact } from '../../format/number.ts';
import { formatTimeExact } from '../../format/time.ts';
import { bytesOfBase64, hexRows } from '../../json/hex.ts';
import { tryParseJson } from '../../json/parse.ts';
import { prettyText } from '../../json/pretty.ts';
import { choiceParam } from '../../url/search-params.ts';
import { FollowButton } from '../follow/follow-button.tsx';
import { recordJson, wholeValue } from './record-text.ts';

const readAs = [
  { value: 'pretty', name: 'Pretty' },
  { value: 'raw', name: 'Raw' },
  { value: 'hex', name: 'Hex' },
] as const;

/** Where one record is asked for whole, by its place `partition:offset`. */
export function recordPath(topic: string, place: string): string | null {
  const [, partition, offset] = /^(\d+):(\d+)$/.exec(place) ?? [];
  if (partition === undefined || offset === undefined) return null;
  const params = new URLSearchParams({ format: 'text', partition, offset, limit: '1' });
  return `/api/consume/${encodeURIComponent(topic)}?${params}`;
}

/** One record in full: key, value, headers, in the form that one wants to read. */
export function RecordPanel({ topic, place }: { topic: string; place: string }): ReactNode {
  const { data, error, reload } = useFetch<ConsumePage>(recordPath(topic, place));
  const close = (): void => setParams({ record: null, as: null });
  const found = data?.records[0];
  const record = found && `${found.partition}:${found.offset}` === place ? found : null;
  const [partition, offset] = place.split(':');
  const title = (
    <span className="mono">
      {topic} {place}
    </span>
  );
  if (record) return <WholeRecord record={record} title={title} onClose={close} />;
  return (
    <Panel label={`Record ${place}`} title={title} onClose={close}>
      {error ? (
        <Failure title="The record did not come" error={error} onRetry={reload} />
      ) : data || recordPath(topic, place) === null ? (
        <Empty title="This record is not there">
          <p>
            Partition {partition} has no record at offset {offset}: it is past the end, or was removed by retention or
            compaction.
            {found && ` The next one is at ${formatExact(found.offset)}.`}
          </p>
          {found && (
            <p>
              <Button onClick={() => setParams({ record: `${found.partition}:${found.offset}` }, { replace: true })}>
                Open {formatExact(found.offset)}
              </Button>
            </p>
          )}
        </Empty>
      ) : (
        <Loading rows={5} />
      )}
    </Panel>
  );
}

function WholeRecord({
  record,
  title,
  onClose,
}: {
  record: LogRecord;
  title: ReactNode;
  onClose: () => void;
}): ReactNode {
  const as = choiceParam(useParams().get('as'), ['pretty', 'raw', 'hex']);
  const zone = useStore(zoneSetting);
  const place = `${record.partition}:${record.offset}`;
  return (
    <Panel
      label={`Record ${place}`}
      title={title}
      onClose={onClose}
      tools={
        <IconButton
          icon="copy"
          name="Copy the record as JSON (c)"
          onClick={() => void copyText(recordJson(record), 'Record')}
        />
      }
      footer={
        <>
          <FollowButton
            subject={{ kind: 'record', topic: record.topic, partition: record.partition, offset: record.offset }}
          />
          <Button icon="edit" onClick={() => setParams({ panel: 'produce' })}>
            Edit and resend
          </Button>
        </>
      }
    >
      <Facts>
        <Fact name="Partition">
          <span className="mono">{record.partition}</span>
        </Fact>
        <Fact name="Offset">
          <span className="mono">{formatExact(record.offset)}</span>
        </Fact>
        <Fact name="Time">
          <span className="mono">{formatTimeExact(record.timestamp, zone)}</span>
        </Fact>
        <Fact name="Age">
          <Age atMs={record.timestamp} />{' '}
          <span className="muted">
            {record.timestampType === 'LogAppendTime' ? 'since the broker took it' : 'since the producer made it'}
          </span>
        </Fact>
      </Facts>
      <PanelSection
        title="Value"
        tools={
          <>
            <Segments
              label="Read key and value as"
              value={as}
              choices={readAs}
              onChange={(value) => setParams({ as: value === 'pretty' ? null : value }, { replace: true })}
            />
            {record.value && (
              <IconButton
                icon="copy"
                name="Copy the value"
                onClick={() => void copyText(textFor(record.value, as), 'Value')}
              />
            )}
          </>
        }
      >
        <Data
          download={() => void downloadValue(record)}
          data={record.value}
          as={as}
          label="Value"
          whenNull="No value: a tombstone, which deletes the key from a compacted topic."
        />
      </PanelSection>
      <PanelSection
        title="Key"
        tools={
          record.key && (
            <IconButton
              icon="copy"
              name="Copy the key"
              onClick={() => void copyText(textFor(record.key, 'raw'), 'Key')}
            />
          )
        }
      >
        <Data data={record.key} as={as} label="Key" whenNull="No key: the producer chose the partition by itself." />
      </PanelSection>
      <PanelSection title={record.headers.length === 0 ? 'No headers' : 'Headers'}>
        {record.headers.length > 0 && (
          <dl className="record-headers">
            {record.headers.map(({ key, value }, index) => (
              <div key={index} style={{ display: 'contents' }}>
                <dt className="mono">{key}</dt>
                <dd className="mono">
                  {value === null ? <span className="muted">null</span> : (value.text ?? `${value.base64} (base64)`)}
                </dd>
              </div>
            ))}
          </dl>
        )}
      </PanelSection>
    </Panel>
  );
}

function textFor(data: RecordData | null, as: 'pretty' | 'raw' | 'hex'): string {
  if (data === null) return '';
  if (as === 'hex')
    return hexRows(bytesOf(data), { rowsMax: Number.POSITIVE_INFINITY })
      .map((row) => `${row.offset}  ${row.hex}  ${row.text}`)
      .join('\n');
  const text = data.text ?? data.base64 ?? '';
  const root = as === 'pretty' ? tryParseJson(text) : null;
  return root ? prettyText(text, root) : text;
}

const bytesOf = (data: RecordData): Uint8Array =>
  data.text === undefined ? bytesOfBase64(data.base64 ?? '') : new TextEncoder().encode(data.text);

/** The whole value as a file: in pages a long one is cut. */
async function downloadValue(record: LogRecord): Promise<void> {
  const params = new URLSearchParams({
    format: 'json',
    partition: String(record.partition),
    offset: String(record.offset),
    limit: '1',
    maxBytes: String(64 * 1024 * 1024),
  });
  try {
    const text = await getText(`/api/consume/${encodeURIComponent(record.topic)}?${params}`);
    const link = document.createElement('a');
    const bytes = wholeValue(text, record.value?.text === undefined);
    link.href = URL.createObjectURL(new Blob([bytes]));
    link.download = `${record.topic}-${record.partition}-${record.offset}`;
    link.click();
    URL.revokeObjectURL(link.href);
  } catch (error) {
    toast(`The value did not come: ${(error as Error).message}`, 'failed');
  }
}

function Data({
  data,
  as,
  label,
  whenNull,
  download,
}: {
  data: RecordData | null;
  as: 'pretty' | 'raw' | 'hex';
  label: string;
  whenNull: string;
  download?: () => void;
}): ReactNode {
  if (data === null) return <p className="muted">{whenNull}</p>;
  const isBinary = data.text === undefined;
  return (
    <>
      {as === 'hex' || isBinary ? (
        <Hex data={data} label={label} />
      ) : as === 'raw' ? (
        <RawText text={data.text ?? ''} label={label} />
      ) : (
        <JsonView text={data.text ?? ''} label={label} />
      )}
      <p className="muted record-bytes">
        <span>
          <Bytes value={data.sizeBytes} />
          {isBinary && ' binary'}
          {data.format && `, ${data.format}`}
          {data.schema && `, ${schemaText(data.schema)}`}
          {data.truncated && `, cut here after ${formatBytes(bytesOf(data).length)}`}
        </span>
        {data.truncated && download && (
          <Button icon="download" onClick={download}>
            Download all
          </Button>
        )}
      </p>
      {data.error && <p className="muted">It cannot be shown as JSON: {data.error}</p>}
    </>
  );
}

/** `orders-value, version 2 (AVRO, schema 7)`. */
function schemaText({ id, type, subject, version }: NonNullable<RecordData['schema']>): string {
  const what = type === 'UNKNOWN' ? `schema ${id}` : `${type}, schema ${id}`;
  return subject === undefined ? what : `${subject}, version ${version} (${what})`;
}

function Hex({ data, label }: { data: RecordData; label: string }): ReactNode {
  const rows = useMemo(() => hexRows(bytesOf(data), { bytesPerRow: 8 }), [data]);
  return (
    <CodeRegion className="hex" label={`${label} in hexadecimal`}>
      {rows.map((row) => (
        <span key={row.offset} style={{ display: 'contents' }}>
          <span className="muted">{row.offset}</span>
          <span>{row.hex}</span>
          <span className="muted">{row.text}</span>
        </span>
      ))}
    </CodeRegion>
  );
}
