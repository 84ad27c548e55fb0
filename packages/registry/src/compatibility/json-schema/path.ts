/** A name below a path. Names are written as they are, as Confluent's registry writes them. */
export function step(path: string, name: string): string {
  return `${path}/${name}`;
}
