// Code that comes deflated: text out of bytes, a module out of text.

/** Buffers come as DataView, ArrayBuffer or typed array, depending on the host. */
export function bytesOf(buffer: DataView | ArrayBuffer | ArrayBufferView): Uint8Array<ArrayBuffer> {
  return ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer as ArrayBuffer, buffer.byteOffset, buffer.byteLength)
    : new Uint8Array(buffer);
}

/** The text that Python deflated (with zlib's header). */
export async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const { readable, writable } = new DecompressionStream("deflate");
  const writer = writable.getWriter();
  // What is wrong with the bytes is told by the reading end.
  for (const step of [writer.write(bytes), writer.close()]) step.catch(() => undefined);
  return new Response(readable).text();
}

/** Text deflated, as Python reads it. */
export function deflate(text: string): Promise<ArrayBuffer> {
  const { readable, writable } = new CompressionStream("deflate");
  const writer = writable.getWriter();
  for (const step of [writer.write(new TextEncoder().encode(text)), writer.close()])
    step.catch(() => undefined);
  return new Response(readable).arrayBuffer();
}

/** A module from its text, the way anywidget loads it. */
export async function moduleOf<T>(text: string): Promise<T> {
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    return (await import(/* @vite-ignore */ url)) as T;
  } finally {
    URL.revokeObjectURL(url);
  }
}
