import type { ReactNode } from 'react';
import { Command } from '../../components/notice.tsx';

/** The YAML that makes a rule, and the command that tries it on what has happened. */
export function TeachRule(): ReactNode {
  return (
    <>
      <p>A rule of your own, by “New rule” above, or in the file that HEADWATER_ALERTS_FILE names:</p>
      <Command label="Rule">
        {
          "rules:\n  - name: CallsFail\n    kind: errorRatio\n    by: [service, route]\n    window: 5m\n    value: 0.02\n    annotations:\n      summary: '{{ $value | humanizePercentage }} of the calls of {{ $labels.service }} fail'"
        }
      </Command>
      <p>When would it have fired in the last day? Nothing is told to anybody by this:</p>
      <Command>
        {`curl ${location.origin}/api/monitor/alerts/test -H 'content-type: application/json' -d '{"rule":{"kind":"errorRatio","by":["service","route"],"window":"5m","value":0.02}}'`}
      </Command>
    </>
  );
}
