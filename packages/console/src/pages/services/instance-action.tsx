import { type FormEvent, type ReactNode, useState } from 'react';
import type { ApiError } from '../../api/api-error.ts';
import { instancePath, type ServiceInstance } from '../../api/discovery.ts';
import { send } from '../../api/http.ts';
import { Button } from '../../components/controls.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { toast } from '../../components/toasts.tsx';
import { statusText } from './instance-health.ts';

export type InstanceActionKind = 'take-out' | 'release' | 'remove';

interface Words {
  title: string;
  consequence: string;
  verb: string;
  done: string;
  method: 'PUT' | 'DELETE';
  path: string;
}

/** Says what will happen before it does. */
export function InstanceAction({
  kind,
  instance,
  onClose,
  onDone,
}: {
  kind: InstanceActionKind;
  instance: ServiceInstance;
  onClose: () => void;
  onDone: () => void;
}): ReactNode {
  const [error, setError] = useState<ApiError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const words = wordsOf(kind, instance);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      await send(words.method, words.path);
      toast(words.done);
      onDone();
    } catch (failure) {
      setError(failure as ApiError);
      setBusy(false);
    }
  };
  return (
    <Dialog label={words.title} onClose={onClose}>
      <form className="dialog-body" onSubmit={(event) => void submit(event)}>
        <h2>{words.title}</h2>
        <p>{words.consequence}</p>
        {error && (
          <p className="field-error" role="alert">
            {error.message}
          </p>
        )}
        <div className="dialog-actions">
          <Button look="quiet" onClick={onClose}>
            Leave it as it is
          </Button>
          <Button look={kind === 'remove' ? 'danger' : 'primary'} type="submit" disabled={isBusy}>
            {words.verb}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function wordsOf(kind: InstanceActionKind, { instanceId, lease, reportedStatus, service }: ServiceInstance): Words {
  const path = instancePath(service, instanceId);
  switch (kind) {
    case 'take-out':
      return {
        title: `Take ${instanceId} out of service?`,
        consequence:
          'Clients stop calling it when they next hear from discovery: at once where they watch, within 30 seconds where they poll. It goes on running, and stays out until the override is removed.',
        verb: 'Take out of service',
        done: `${instanceId} is out of service`,
        method: 'PUT',
        path: `${path}/status?value=OUT_OF_SERVICE`,
      };
    case 'release':
      return {
        title: `Remove the override of ${instanceId}?`,
        consequence: `Its status is then what it says itself: ${statusText(reportedStatus)}.`,
        verb: 'Remove override',
        done: `${instanceId} has no override`,
        method: 'DELETE',
        path: `${path}/status?value=${encodeURIComponent(reportedStatus)}`,
      };
    case 'remove':
      return {
        title: `Remove ${instanceId} from the registry?`,
        consequence: `Clients stop calling it. If it still runs it registers again with its next heartbeat, within ${lease.renewalIntervalSeconds} seconds; an override is gone then.`,
        verb: 'Remove',
        done: `${instanceId} is removed`,
        method: 'DELETE',
        path,
      };
  }
}
