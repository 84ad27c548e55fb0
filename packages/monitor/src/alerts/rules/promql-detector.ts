import { withoutLogin } from '@headwater/http';
import { AlertError } from '../alert-error.ts';
import type { Comparison, PromqlSource } from '../config/rule-config.ts';
import { isLabelName } from '../model/labels.ts';
import { compares } from './compare.ts';
import type { PollDetector, Sample } from './detector.ts';
import { readAnswer } from './read-answer.ts';

interface QueryAnswer {
  readonly status?: string;
  readonly error?: string;
  readonly data?: { readonly resultType?: string; readonly result?: unknown };
}

/**
 * Asks Prometheus' API for an expression. Each series of the answer that compares (all of them without a value to compare with, as in Prometheus' own
 * rules) is a sample.
 */
export function promqlDetector(
  source: PromqlSource,
  url: string | undefined,
  compared: { op: Comparison; value: number } | null,
): PollDetector {
  return {
    intervalMs: source.intervalMs,
    async poll(_nowMs, signal) {
      if (url === undefined)
        throw new AlertError(
          'HW_ALERTS_SOURCE',
          'there is no Prometheus to ask: start the part prometheus, or give HEADWATER_PROMETHEUS_URL',
        );
      const address = withoutLogin(url);
      const target = `${address.url.replace(/\/$/, '')}/api/v1/query`;
      const response = await fetch(target, {
        method: 'POST',
        headers: address.headers,
        body: new URLSearchParams({ query: source.expr }),
        signal,
        redirect: 'error',
      });
      const text = await readAnswer(response, target);
      const answer = parsed(text);
      if (answer?.status !== 'success' || answer.data === undefined)
        throw new AlertError(
          'HW_ALERTS_SOURCE',
          `${target} answers ${response.status}: ${answer?.error ?? text.slice(0, 200)}`,
        );
      return samplesOf(answer.data).filter(
        ({ value }) => compared === null || compares(value, compared.op, compared.value),
      );
    },
  };
}

function samplesOf({ result, resultType }: NonNullable<QueryAnswer['data']>): Sample[] {
  if (resultType === 'scalar') return [{ labels: {}, value: Number((result as [number, string])[1]) }];
  if (resultType !== 'vector' || !Array.isArray(result))
    throw new AlertError('HW_ALERTS_SOURCE', `the expression gives a ${resultType}: a vector is needed`);
  return (result as { metric: Record<string, string>; value?: [number, string] }[]).flatMap(({ metric, value }) => {
    if (value === undefined) return [];
    const labels = Object.fromEntries(
      Object.entries(metric).filter(([name]) => name !== '__name__' && isLabelName(name)),
    );
    return [{ labels, value: Number(value[1]) }];
  });
}

function parsed(text: string): QueryAnswer | undefined {
  try {
    return JSON.parse(text) as QueryAnswer;
  } catch {
    return undefined;
  }
}
