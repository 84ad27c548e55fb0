import { PrometheusText } from '@headwater/http';

export interface MetricSample {
  labels?: Readonly<Record<string, string>>;
  value: number;
}

export interface MetricFamily {
  name: string;
  type: 'counter' | 'gauge';
  help: string;
  samples: readonly MetricSample[];
}

export function prometheusText(families: readonly MetricFamily[]): string {
  const text = new PrometheusText();
  for (const { help, name, samples, type } of families) {
    text.metric(name, type, help);
    for (const { labels = {}, value } of samples) text.sample(name, labels, value);
  }
  return text.toString();
}
