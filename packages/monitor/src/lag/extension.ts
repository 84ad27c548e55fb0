import { PrometheusText } from '@headwater/http';
import type { MonitorExtension } from '../extension.ts';
import type { LagSampler } from './lag-sampler.ts';

/** `monitor.lagEveryMs` of headwater.yaml; 0 turns it off. */
const everyMsDefault = 15_000;

/** The lag of groups over time, as events. */
export const lagExtension: MonitorExtension = {
  name: 'lag',
  add({ bootstrap, clock, logger, onClose, onMetrics, onStarted, registryUrl, settings }) {
    const everyMs = Number(settings['lagEveryMs'] ?? everyMsDefault);
    if (bootstrap === undefined || !(everyMs > 0)) return;
    let sampler: LagSampler | undefined;
    let isClosed = false;
    onStarted(async () => {
      const { LagSampler } = await import('./lag-sampler.ts');
      if (isClosed) return;
      sampler = new LagSampler({ bootstrap, registryUrl, everyMs, clock, logger });
      sampler.start();
    });
    const help = 'Lags of groups that were told.';
    onMetrics(() =>
      new PrometheusText().counter('headwater_monitor_lag_records_total', help, sampler?.told ?? 0).toString(),
    );
    onClose(async () => {
      isClosed = true;
      await sampler?.close();
    });
  },
};
