/** Scripts that are written without spaces: there a keyword stands anywhere. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/** Whether a text has one of the keywords, as whole words in any case; without keywords every text passes. */
export function keywordFilter(keywords: readonly string[]): (text: string) => boolean {
  if (keywords.length === 0) return () => true;
  const patterns = keywords.map((keyword) => {
    const literal = keyword.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    return unspaced.test(keyword) ? literal : `(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`;
  });
  const pattern = new RegExp(patterns.join('|'), 'iu');
  return (text) => pattern.test(text);
}
