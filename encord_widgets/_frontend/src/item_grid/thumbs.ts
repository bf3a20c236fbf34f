// Thumbnails: asked for when rows rest on screen, kept for a while, blob addresses revoked.
import { isClosed, type RequestClient } from "../shared/client";

export interface Thumb {
  /** Address of the image, or null when there is none to show. */
  url: string | null;
  why?: string;
}

interface ThumbResult {
  /** For each item that was asked for: its media type, with a buffer of its own, or which reason there is for none. */
  pictures: (string | number)[];
  why: string[];
}

const REST_MS = 150;
const KEEP = 300;
const AT_ONCE = 2;
/** Items in one message: each costs a round trip. */
const BATCH = 8;
// What a browser may be shown; anything else that claims to be an image stays an icon.
const MIME = /^image\/(png|jpeg|webp|gif|avif|bmp)$/;

export class Thumbs {
  readonly #thumbs = new Map<string, Thumb>();
  readonly #asked = new Set<string>();
  #wanted: string[] = [];
  #running = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  readonly #client: RequestClient;
  readonly #onChange: () => void;

  constructor(client: RequestClient, onChange: () => void) {
    this.#client = client;
    this.#onChange = onChange;
  }

  get(item: string): Thumb | undefined {
    return this.#thumbs.get(item);
  }

  /** The image items on screen now. Nothing is asked while they keep changing. */
  look(items: string[]): void {
    const wanted = items.filter((item) => !this.#thumbs.has(item) && !this.#asked.has(item));
    if (wanted.length === this.#wanted.length && wanted.every((item, i) => item === this.#wanted[i])) return;
    this.#wanted = wanted;
    clearTimeout(this.#timer);
    if (wanted.length > 0) this.#timer = setTimeout(() => this.#pump(), REST_MS);
  }

  /** The image did not load: an icon from now on. */
  broken(item: string): void {
    this.#put(item, { url: null, why: "The image could not be shown." });
    this.#onChange();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const thumb of this.#thumbs.values()) release(thumb);
    this.#thumbs.clear();
  }

  #pump(): void {
    while (this.#running < AT_ONCE && this.#wanted.length > 0) void this.#load(this.#wanted.splice(0, BATCH));
  }

  async #load(items: string[]): Promise<void> {
    this.#running++;
    for (const item of items) this.#asked.add(item);
    try {
      const { result, buffers } = await this.#client.request<ThumbResult>("thumbnails", { items });
      if (this.#closed) return;
      items.forEach((item, at) => {
        const told = result.pictures[at];
        const type = typeof told === "string" ? told : "";
        const bytes = type ? buffers.shift() : undefined;
        if (bytes && MIME.test(type))
          this.#put(item, { url: URL.createObjectURL(new Blob([bytes], { type })) });
        else this.#put(item, { url: null, why: result.why[Number(told)] ?? "There is no thumbnail." });
      });
    } catch (error) {
      if (isClosed(error) || this.#closed) return;
      for (const item of items) this.#put(item, { url: null, why: "The thumbnail could not be read." });
    } finally {
      this.#running--;
      for (const item of items) this.#asked.delete(item);
      if (!this.#closed) {
        this.#onChange();
        this.#pump();
      }
    }
  }

  #put(item: string, thumb: Thumb): void {
    const old = this.#thumbs.get(item);
    if (old) release(old);
    this.#thumbs.delete(item);
    this.#thumbs.set(item, thumb);
    if (this.#thumbs.size <= KEEP) return;
    const [oldest, gone] = this.#thumbs.entries().next().value as [string, Thumb];
    this.#thumbs.delete(oldest);
    release(gone);
  }
}

function release(thumb: Thumb): void {
  if (thumb.url?.startsWith("blob:")) URL.revokeObjectURL(thumb.url);
}
