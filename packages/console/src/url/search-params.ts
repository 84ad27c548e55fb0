/** Changes some parameters of a query text; `null`, `''` and `undefined` take one away. Order is kept, so that links stay stable. */
export function withParams(search: string, changes: Record<string, string | number | null | undefined>): string {
  const params = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === '') params.delete(name);
    else params.set(name, String(value));
  }
  const text = params.toString().replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%2F', '/');
  return text === '' ? '' : `?${text}`;
}

/** A whole number within bounds, or what stands for it when the URL says something else. */
export function intParam(text: string | null, fallback: number, min: number, max: number): number {
  if (text === null || !/^-?\d{1,15}$/.test(text)) return fallback;
  return Math.min(max, Math.max(min, Number(text)));
}

/** One of the known words, or the first one. */
export function choiceParam<T extends string>(text: string | null, choices: readonly [T, ...T[]]): T {
  return choices.find((choice) => choice === text) ?? choices[0];
}
