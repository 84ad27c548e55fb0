import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import type { ApiError } from '../../api/api-error.ts';
import { type Produced, produce, producePath } from '../../api/produce.ts';
import type { ConsumePage } from '../../api/types.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { Link, setParams } from '../../app/navigation.tsx';
import { Button, Field, IconButton, Input, Select } from '../../components/controls.tsx';
import { Command } from '../../components/notice.tsx';
import { Panel, PanelSection } from '../../components/panel.tsx';
import { formatExact } from '../../format/number.ts';
import { JsonSyntaxError, parseJson, tryParseJson } from '../../json/parse.ts';
import { prettyText } from '../../json/pretty.ts';
import { topicPath } from '../../url/route.ts';
import { recordPath } from './record-panel.tsx';

interface Draft {
  key: string;
  hasKey: boolean;
  value: string;
  partition: string;
  headers: { id: number; name: string; value: string }[];
}

const emptyDraft: Draft = { key: '', hasKey: false, value: '{\n  "hello": "world"\n}', partition: '', headers: [] };
let nextHeaderId = 1;

/** Writes one record; with `recordPlace` it starts from that record. */
export function ProducePanel({
  topic,
  partitions,
  recordPlace,
}: {
  topic: string;
  partitions: number | null;
  recordPlace: string | null;
}): ReactNode {
  const original = useFetch<ConsumePage>(recordPlace === null ? null : recordPath(topic, recordPlace)).data?.records[0];
  // Until the record is there nothing can be sent: the sample must not go out in its place.
  const isLoading = recordPlace !== null && original === undefined;
  const [draft, setDraft] = useState<Draft>(recordPlace === null ? emptyDraft : { ...emptyDraft, value: '' });
  const [done, setDone] = useState<Produced | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    if (!original) return;
    const text = original.value?.text ?? '';
    const root = tryParseJson(text);
    setDraft({
      key: original.key?.text ?? '',
      hasKey: original.key !== null,
      value: root ? prettyText(text, root) : text,
      partition: '',
      headers: original.headers.map(({ key, value }) => ({ id: nextHeaderId++, name: key, value: value?.text ?? '' })),
    });
  }, [original]);

  const change = (changes: Partial<Draft>): void => {
    setDraft({ ...draft, ...changes });
    setError(null);
  };
  const syntax = syntaxError(draft.value);
  const record = {
    topic,
    key: draft.hasKey ? draft.key : null,
    value: draft.value,
    partition: draft.partition === '' ? null : Number(draft.partition),
    headers: draft.headers.filter((header) => header.name !== ''),
  };
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      setDone(await produce(record));
    } catch (failure) {
      setError(failure as ApiError);
    } finally {
      setBusy(false);
    }
  };
  const close = (): void => setParams({ panel: null });
  const form = 'produce';
  return (
    <Panel
      label={`Produce to ${topic}`}
      title={recordPlace === null ? 'Produce a record' : 'Edit and resend'}
      subtitle={recordPlace === null ? undefined : `A new record in ${topic}; ${recordPlace} stays as it is`}
      onClose={close}
      takesFocus
      footer={
        <>
          <Button
            look="primary"
            icon="send"
            type="submit"
            form={form}
            disabled={isBusy || isLoading || syntax !== null}
          >
            Produce
          </Button>
          {done && (
            <span role="status">
              Written as{' '}
              <Link className="link mono" to={`${topicPath(topic)}?record=${done.partition}:${done.offset}`}>
                {done.partition}:{formatExact(done.offset)}
              </Link>
            </span>
          )}
        </>
      }
    >
      <form id={form} className="form" onSubmit={(event) => void submit(event)}>
        <Field
          label="Key"
          hint={draft.hasKey ? 'Records with one key go to one partition, in order.' : 'Empty: no key.'}
        >
          {(id, noteId) => (
            <Input
              id={id}
              aria-describedby={noteId}
              className="mono"
              value={draft.key}
              onChange={(event) => change({ key: event.target.value, hasKey: event.target.value !== '' })}
            />
          )}
        </Field>
        <Field label="Value, JSON" error={error?.message ?? syntax}>
          {(id, noteId) => (
            <textarea
              id={id}
              aria-describedby={noteId}
              aria-invalid={syntax !== null}
              data-autofocus
              className="input mono"
              rows={12}
              spellCheck={false}
              value={draft.value}
              onChange={(event) => change({ value: event.target.value })}
            />
          )}
        </Field>
        <Field label="Partition">
          {(id) => (
            <Select id={id} value={draft.partition} onChange={(event) => change({ partition: event.target.value })}>
              <option value="">{draft.hasKey ? 'By the key' : 'Any'}</option>
              {Array.from({ length: partitions ?? 0 }, (_, partition) => (
                <option key={partition} value={partition}>
                  {partition}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <div className="produce-headers">
          {draft.headers.map((header) => {
            const set = (changes: Partial<typeof header>): void =>
              change({
                headers: draft.headers.map((other) => (other.id === header.id ? { ...other, ...changes } : other)),
              });
            return (
              <div key={header.id} className="produce-header">
                <Input
                  aria-label="Header name"
                  placeholder="header"
                  className="mono"
                  value={header.name}
                  onChange={(event) => set({ name: event.target.value })}
                />
                <Input
                  aria-label="Header value"
                  placeholder="value"
                  className="mono"
                  value={header.value}
                  onChange={(event) => set({ value: event.target.value })}
                />
                <IconButton
                  icon="close"
                  name="Remove this header"
                  onClick={() => change({ headers: draft.headers.filter((other) => other.id !== header.id) })}
                />
              </div>
            );
          })}
          <div>
            <Button
              icon="plus"
              onClick={() => change({ headers: [...draft.headers, { id: nextHeaderId++, name: '', value: '' }] })}
            >
              Add header
            </Button>
          </div>
        </div>
      </form>
      <PanelSection title="The same in a terminal">
        <Command>{`curl -d '${oneLine(draft.value).replaceAll("'", `'\\''`)}' '${location.origin}${producePath(record)}'`}</Command>
      </PanelSection>
    </Panel>
  );
}

function syntaxError(text: string): string | null {
  try {
    parseJson(text);
    return null;
  } catch (error) {
    return error instanceof JsonSyntaxError ? error.message : String(error);
  }
}

const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, ' ').trim();
