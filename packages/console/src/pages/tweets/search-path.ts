/** A search for a word, on the first page. */
export const searchPath = (text: string): string => `/ui/tweets?q=${encodeURIComponent(text)}`;
