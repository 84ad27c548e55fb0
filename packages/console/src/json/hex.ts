export interface HexRow {
  offset: string;
  hex: string;
  text: string;
}

/** A classic hex dump: offset, bytes in groups of eight, and the printable ASCII beside. */
export function hexRows(bytes: Uint8Array, { rowsMax = 512, bytesPerRow = 16 } = {}): HexRow[] {
  const rows: HexRow[] = [];
  const width = bytesPerRow * 3 - 1 + Math.ceil(bytesPerRow / 8) - 1;
  for (let start = 0; start < bytes.length && rows.length < rowsMax; start += bytesPerRow) {
    let hex = '';
    let text = '';
    for (let index = start; index < Math.min(start + bytesPerRow, bytes.length); index += 1) {
      const byte = bytes[index] ?? 0;
      hex += `${index === start ? '' : (index - start) % 8 === 0 ? '  ' : ' '}${byte.toString(16).padStart(2, '0')}`;
      text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·';
    }
    rows.push({ offset: start.toString(16).padStart(8, '0'), hex: hex.padEnd(width), text });
  }
  return rows;
}

export function bytesOfBase64(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
