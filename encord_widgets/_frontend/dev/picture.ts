// Thumbnails that need no server.

/** A small bitmap with a colour of its own. */
export function picture(seed: number): Uint8Array {
  const [w, h] = [12, 9];
  const bytes = new Uint8Array(54 + w * h * 4);
  const head = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  const fields: [number, number][] = [
    [2, bytes.length],
    [10, 54],
    [14, 40],
    [18, w],
    [22, h],
    [34, w * h * 4],
  ];
  for (const [at, value] of fields) head.setUint32(at, value, true);
  head.setUint16(26, 1, true);
  head.setUint16(28, 32, true);
  for (let i = 0; i < w * h; i++) {
    bytes.set([(seed * 53 + i * 2) % 256, 90 + ((seed * 29 + i) % 120), (seed * 17) % 200, 255], 54 + i * 4);
  }
  return bytes;
}
