// A model as hosts hand it to a view, with Python's side of the requests put in by whoever makes it.

export interface Params {
  [name: string]: never;
}
export type Reply = { result: unknown; buffers?: (Uint8Array | Promise<Uint8Array>)[]; after?: () => void };
type Listener = (...args: unknown[]) => void;

/** Text as Python sends it: deflated. */
export function deflated(text: string): Promise<Uint8Array> {
  const { readable, writable } = new CompressionStream("deflate");
  const writer = writable.getWriter();
  void writer.write(new TextEncoder().encode(text));
  void writer.close();
  return new Response(readable).arrayBuffer().then((buffer) => new Uint8Array(buffer));
}

export class FakeModel {
  readonly listeners = new Map<string, Set<Listener>>();
  readonly sent: { method: string; params: Record<string, unknown> }[] = [];
  handler: (method: string, params: never) => Reply = () => ({ result: {} });
  delay = 30;

  constructor(readonly traits: Record<string, unknown>) {}

  get(name: string): unknown {
    return this.traits[name];
  }
  set(): void {
    throw new Error("The browser sets no traits.");
  }
  save_changes(): void {
    throw new Error("The browser sets no traits.");
  }
  on(name: string, listener: Listener): void {
    const all = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, all.add(listener));
  }
  off(name: string, listener: Listener): void {
    this.listeners.get(name)?.delete(listener);
  }
  change(name: string, value: unknown): void {
    this.traits[name] = value;
    for (const listener of [...(this.listeners.get(`change:${name}`) ?? [])]) listener();
  }
  send(message: { id: number; method: string; params: never }): void {
    this.sent.push({ method: message.method, params: message.params });
    setTimeout(async () => {
      let reply: object;
      let buffers: DataView[] = [];
      let after: (() => void) | undefined;
      try {
        const answer = this.handler(message.method, message.params);
        buffers = (await Promise.all(answer.buffers ?? [])).map(
          (b) => new DataView(b.buffer, b.byteOffset, b.byteLength),
        );
        after = answer.after;
        reply = { type: "reply", id: message.id, ok: true, result: answer.result };
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        reply = { type: "reply", id: message.id, ok: false, error: { code: "error", message: text } };
      }
      for (const listener of [...(this.listeners.get("msg:custom") ?? [])]) listener(reply, buffers);
      after?.();
    }, this.delay);
  }
}
