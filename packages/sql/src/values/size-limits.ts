/** No text that a statement makes may fill the memory of the process: 16 Mi characters. */
export const textMax = 16_777_216;
/** As many elements has an array that a statement makes, at most. */
export const elementsMax = 1_000_000;

/** @throws RangeError for a text that is too long; one that was only put together costs nothing until then */
export function limitedText(text: string): string {
  if (text.length > textMax) throw new RangeError(`A text has at most ${textMax} characters, not ${text.length}`);
  return text;
}

/** @throws RangeError where an array would have too many elements; asked before it is made */
export function checkElements(count: number | bigint): void {
  if (count > elementsMax) throw new RangeError(`An array has at most ${elementsMax} elements, not ${count}`);
}
