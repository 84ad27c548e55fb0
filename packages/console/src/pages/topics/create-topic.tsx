import { type FormEvent, type ReactNode, useState } from 'react';
import type { ApiError } from '../../api/api-error.ts';
import { send } from '../../api/http.ts';
import { Button, Field, Input, Select } from '../../components/controls.tsx';
import { Command } from '../../components/notice.tsx';
import { Panel, PanelSection } from '../../components/panel.tsx';
import { toast } from '../../components/toasts.tsx';

const retentions = [
  { name: '1 hour', ms: 3_600_000 },
  { name: '1 day', ms: 86_400_000 },
  { name: '7 days, the default', ms: null },
  { name: '30 days', ms: 2_592_000_000 },
  { name: 'For ever', ms: -1 },
] as const;

export function CreateTopic({
  onClose,
  onCreated,
}: {
  onClose: () => void;
  onCreated: (name: string) => void;
}): ReactNode {
  const [name, setName] = useState('');
  const [partitions, setPartitions] = useState('3');
  const [cleanup, setCleanup] = useState<'delete' | 'compact'>('delete');
  const [retention, setRetention] = useState(2);
  const [error, setError] = useState<ApiError | null>(null);
  const [isBusy, setBusy] = useState(false);

  const retentionMs = retentions[retention]?.ms ?? null;
  const configs = {
    ...(cleanup === 'compact' ? { 'cleanup.policy': 'compact' } : {}),
    ...(cleanup === 'delete' && retentionMs !== null ? { 'retention.ms': String(retentionMs) } : {}),
  };
  const body = JSON.stringify({
    name: name.trim(),
    partitions: Number(partitions),
    ...(Object.keys(configs).length > 0 ? { configs } : {}),
  });
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await send('POST', '/api/topics', body);
      toast(`Topic ${name.trim()} created`);
      onCreated(name.trim());
    } catch (failure) {
      setError(failure as ApiError);
    } finally {
      setBusy(false);
    }
  };
  const form = 'create-topic';
  return (
    <Panel
      label="Create a topic"
      title="Create a topic"
      onClose={onClose}
      takesFocus
      footer={
        <>
          <Button look="primary" type="submit" form={form} disabled={isBusy || name.trim() === ''}>
            Create
          </Button>
          <Button look="quiet" onClick={onClose}>
            Cancel
          </Button>
        </>
      }
    >
      <form id={form} className="form" onSubmit={(event) => void submit(event)}>
        <Field label="Name" hint="Letters, digits, “.”, “_” and “-”; at most 249." error={error?.message ?? null}>
          {(id, noteId) => (
            <Input
              id={id}
              aria-describedby={noteId}
              aria-invalid={error !== null}
              data-autofocus
              className="mono"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field
          label="Partitions"
          hint="How many readers of one group can share the work. It can grow later, never shrink."
        >
          {(id, noteId) => (
            <Input
              id={id}
              aria-describedby={noteId}
              type="number"
              min={1}
              max={10_000}
              value={partitions}
              onChange={(event) => setPartitions(event.target.value)}
            />
          )}
        </Field>
        <Field label="Old records" hint={cleanup === 'compact' ? 'The newest record of each key stays.' : undefined}>
          {(id, noteId) => (
            <Select
              id={id}
              aria-describedby={noteId}
              value={cleanup}
              onChange={(event) => setCleanup(event.target.value as 'delete' | 'compact')}
            >
              <option value="delete">Delete after a time</option>
              <option value="compact">Keep the newest of each key (compact)</option>
            </Select>
          )}
        </Field>
        {cleanup === 'delete' && (
          <Field label="Keep for">
            {(id) => (
              <Select id={id} value={retention} onChange={(event) => setRetention(Number(event.target.value))}>
                {retentions.map((choice, index) => (
                  <option key={choice.name} value={index}>
                    {choice.name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        )}
      </form>
      <PanelSection title="The same in a terminal">
        <Command>{`curl -X POST -H 'content-type: application/json' -d '${body}' '${location.origin}/api/topics'`}</Command>
      </PanelSection>
    </Panel>
  );
}
