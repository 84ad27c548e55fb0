/** Whether any of the texts holds what was typed, whatever the case. */
export function matches(filter: string, ...texts: readonly string[]): boolean {
  const wanted = filter.trim().toLowerCase();
  return wanted === '' || texts.some((text) => text.toLowerCase().includes(wanted));
}
