/** prom-client's registry by its shape: `service.metrics` of @headwater/service, or a `Registry` of your own. */
export interface MetricsRegistry {
  registerMetric(metric: { get(): Promise<object> }): void;
}

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** A metric, and what it says of a connector's figures. */
export interface Family<Figures> {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  samples(figures: Figures): Sample[];
}

interface Connector<Figures> {
  /** `connector`, and what else is true of all its samples. */
  readonly labels: Labels;
  figures(): Figures;
}

/** Who is measured in a registry, by the families that they are measured with: metrics of one name stand there once, whoever adds to them. */
const measured = new WeakMap<MetricsRegistry, Map<unknown, Set<Connector<never>>>>();

/** Adds a connector to a registry's metrics, where it is asked whenever they are; gives what takes it out again. */
export function measure<Figures>(
  registry: MetricsRegistry,
  families: readonly Family<Figures>[],
  connector: Connector<Figures>,
): () => void {
  let known = measured.get(registry);
  if (known === undefined) measured.set(registry, (known = new Map()));
  let connectors = known.get(families) as Set<Connector<Figures>> | undefined;
  if (connectors === undefined) {
    connectors = register(registry, families);
    known.set(families, connectors as Set<Connector<never>>);
  }
  connectors.add(connector);
  return () => void connectors.delete(connector);
}

function register<Figures>(registry: MetricsRegistry, families: readonly Family<Figures>[]): Set<Connector<Figures>> {
  const connectors = new Set<Connector<Figures>>();
  for (const { help, name, samples, type } of families) {
    const metric = {
      name,
      help,
      type,
      aggregator: 'sum',
      async get() {
        const values = [...connectors].flatMap(({ figures, labels }) =>
          samples(figures()).map((sample) => ({ value: sample.value, labels: { ...labels, ...sample.labels } })),
        );
        return { name, help, type, aggregator: 'sum', values };
      },
      reset() {},
    };
    registry.registerMetric(metric);
  }
  return connectors;
}

/** A sample for each partition. */
export function byPartition(values: Readonly<Record<number, number>>, labels: Labels = {}): Sample[] {
  return Object.entries(values).map(([partition, value]) => ({ labels: { ...labels, partition }, value }));
}

/** The one sample of a figure. */
export function one(value: number): Sample[] {
  return [{ labels: {}, value }];
}
