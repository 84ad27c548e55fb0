/** A setting of Kafka Streams, which has two names: with `ksql.streams.` before it and without. */
export function streamsSetting(settings: ReadonlyMap<string, string>, name: string): string | undefined {
  return settings.get(name) ?? settings.get(`ksql.streams.${name}`);
}
