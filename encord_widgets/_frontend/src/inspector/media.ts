// The file behind the item: asked for when the item is shown, blob addresses revoked, expired addresses asked anew.
import { isClosed, messageOf, type RequestClient } from "../shared/client";

export interface Shown {
  state: "loading" | "ready" | "none";
  url?: string;
  text?: string;
  note?: string;
}

interface MediaResult {
  mime?: string;
  address?: string;
  text?: string;
  note?: string;
  none?: string;
}

// Only what a browser shows or plays as media; nothing that could be a page.
const MIME = /^(image\/(png|jpeg|webp|gif|avif)|(video|audio)\/[\w.+-]+)$/;
const SIGNED_AGAIN_AFTER_MS = 10_000;
// An element that has left the page may still be loading its file.
const REVOKED_AFTER_MS = 5_000;

export class MediaLoader {
  shown: Shown = { state: "none" };
  #item: string | null = null;
  #asked = 0;
  #signedAt = 0;
  #bytesTried = false;
  #closed = false;
  readonly #client: RequestClient;
  readonly #onChange: () => void;

  constructor(client: RequestClient, onChange: () => void) {
    this.#client = client;
    this.#onChange = onChange;
  }

  /** Shows another item; the same one again is left alone. */
  look(item: string | null, note: string): void {
    if (item === this.#item) return;
    this.#item = item;
    this.#signedAt = 0;
    this.#bytesTried = false;
    if (item === null || note) {
      this.#asked++;
      this.#show({ state: "none", note });
    } else void this.#load("any");
  }

  /** What was shown could not be loaded: an address has expired, or this browser does not reach its host. */
  broken(): void {
    const { url } = this.shown;
    if (this.shown.state !== "ready" || this.#item === null) return;
    if (url?.startsWith("blob:")) this.#show({ state: "none", note: "This browser cannot show the file." });
    else if (Date.now() - this.#signedAt > SIGNED_AGAIN_AFTER_MS) void this.#load("address");
    else if (!this.#bytesTried) {
      this.#bytesTried = true;
      void this.#load("bytes");
    } else this.#show({ state: "none", note: "The file could not be loaded." });
  }

  retry(): void {
    if (this.#item !== null) void this.#load("any");
  }

  close(): void {
    this.#closed = true;
    this.#release();
  }

  async #load(way: "any" | "address" | "bytes"): Promise<void> {
    const asked = ++this.#asked;
    const item = this.#item;
    this.#show({ state: "loading" });
    let shown: Shown;
    try {
      const { result, buffers } = await this.#client.request<MediaResult>("media", { item, way });
      if (this.#closed || asked !== this.#asked) return;
      const bytes = buffers[0];
      if (typeof result.text === "string")
        shown = { state: "ready", text: result.text, ...(result.note ? { note: result.note } : {}) };
      else if (bytes && result.mime && MIME.test(result.mime)) {
        const blob = new Blob([bytes as Uint8Array<ArrayBuffer>], { type: result.mime });
        shown = { state: "ready", url: URL.createObjectURL(blob) };
      } else if (result.address && /^https?:/i.test(result.address)) {
        this.#signedAt = Date.now();
        shown = { state: "ready", url: result.address };
      } else shown = { state: "none", note: result.none ?? "There is nothing to show." };
    } catch (error) {
      if (isClosed(error) || this.#closed || asked !== this.#asked) return;
      shown = { state: "none", note: messageOf(error) };
    }
    this.#show(shown);
  }

  #show(shown: Shown): void {
    this.#release();
    this.shown = shown;
    this.#onChange();
  }

  #release(): void {
    const { url } = this.shown;
    if (url?.startsWith("blob:")) setTimeout(() => URL.revokeObjectURL(url), REVOKED_AFTER_MS);
  }
}
