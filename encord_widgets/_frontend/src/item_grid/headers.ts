// What stands in the headers: asked for once a column is on screen, again when rows or values changed.
import type { RequestClient } from "../shared/client";

export interface HeaderFacts {
  total: number;
  missing: number;
  /** Heights of a small chart; empty where values hardly repeat. */
  bars: number[];
  low: string | null;
  high: string | null;
  top: [string, number][];
  more: number;
}

const WAIT_MS = 600;

export class Headers {
  readonly #facts = new Map<string, HeaderFacts>();
  readonly #asked = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wanted: string[] = [];
  #generation = 0;
  #busy = false;
  #over = false;

  readonly #client: RequestClient;
  readonly #onChange: () => void;

  constructor(client: RequestClient, onChange: () => void) {
    this.#client = client;
    this.#onChange = onChange;
  }

  get(id: string): HeaderFacts | undefined {
    return this.#facts.get(id);
  }

  /** The columns on screen, and the generation of what they show. */
  look(ids: string[], generation: number): void {
    this.#wanted = ids;
    this.#generation = generation;
    // Rows come before their headers, and a burst of edits is one question.
    if (this.#timer === undefined && !this.#busy && this.#missing().length > 0)
      this.#timer = setTimeout(() => void this.#ask(), WAIT_MS);
  }

  close(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }

  #missing(): string[] {
    return this.#wanted.filter((id) => this.#asked.get(id) !== this.#generation);
  }

  async #ask(): Promise<void> {
    this.#timer = undefined;
    this.#busy = true;
    const ids = this.#missing();
    for (const id of ids) this.#asked.set(id, this.#generation);
    try {
      const { result } = await this.#client.request<{ headers: Record<string, HeaderFacts> }>("headers", {
        columns: ids,
      });
      for (const [id, facts] of Object.entries(result.headers)) this.#facts.set(id, facts);
    } catch {
      // Headers say a little less; the next change asks again.
    }
    this.#busy = false;
    if (this.#over) return;
    this.#onChange();
    this.look(this.#wanted, this.#generation);
  }
}

/** "12%", "<1%"; empty when nothing is missing. */
export function shareMissing({ total, missing }: HeaderFacts): string {
  if (missing === 0 || total === 0) return "";
  const share = (missing / total) * 100;
  return share < 1 ? "<1%" : `${missing === total ? 100 : Math.min(99, Math.round(share))}%`;
}

/** In words, for the tooltip and for screen readers. */
export function describe(facts: HeaderFacts): string {
  const share = shareMissing(facts);
  const missing = share ? `${share} missing` : "none missing";
  if (facts.low !== null) return `${missing}; ${facts.low} to ${facts.high}`;
  if (facts.bars.length === 0) return missing;
  const top = facts.top.map(([value, n]) => `${value || '""'} (${n.toLocaleString("en-US")})`);
  return `${missing}; ${top.join(", ")}${facts.more > 0 ? `, ${facts.more.toLocaleString("en-US")} more` : ""}`;
}
