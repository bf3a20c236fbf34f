// Thumbnails: asked for when rows rest on screen, kept for a while, blob addresses revoked.
import { isClosed, type RequestClient } from "../shared/client";

export interface Thumb {
  /** Address of the image, or null when there is none to show. */
  url: string | null;
  why?: string;
}

interface ThumbResult {
  mime?: string;
  url?: string;
  none?: string;
}

const REST_MS = 150;
const KEEP = 300;
const AT_ONCE = 3;
// What a browser may be shown; anything else that claims to be an image stays an icon.
const MIME = /^image\/(png|jpeg|webp|gif|avif|bmp)$/;

export class Thumbs {
  readonly #thumbs = new Map<string, Thumb>();
  readonly #asked = new Set<string>();
  #wanted: string[] = [];
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
    while (this.#asked.size < AT_ONCE && this.#wanted.length > 0)
      void this.#load(this.#wanted.shift() as string);
  }

  async #load(item: string): Promise<void> {
    this.#asked.add(item);
    try {
      const { result, buffers } = await this.#client.request<ThumbResult>("thumbnail", { item });
      if (this.#closed) return;
      const bytes = buffers[0];
      if (bytes && result.mime && MIME.test(result.mime)) {
        const blob = new Blob([bytes as Uint8Array<ArrayBuffer>], { type: result.mime });
        this.#put(item, { url: URL.createObjectURL(blob) });
      } else if (result.url && /^https?:/.test(result.url)) this.#put(item, { url: result.url });
      else this.#put(item, { url: null, why: result.none ?? "There is no thumbnail." });
    } catch (error) {
      if (isClosed(error) || this.#closed) return;
      this.#put(item, { url: null, why: "The thumbnail could not be read." });
    } finally {
      this.#asked.delete(item);
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
