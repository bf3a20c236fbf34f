// The state of one view of the staged edits: which page, its rows, what went wrong.
import type { Cell } from "../shared/cells";
import { isClosed, messageOf } from "../shared/client";
import type { Context } from "../shared/mount";

export const PAGE = 100;

export interface DiffSummary {
  generation: number;
  changes: number;
  items: number;
  invalid: number;
  removed: number;
  /** Of the removed ones, those that an overwrite does not name. */
  destroyed: number;
  /** Rows of the whole table: staged edits and what the last commit settled. */
  rows: number;
  settled: Record<string, number> | null;
  can_undo: boolean;
  can_redo: boolean;
}

export interface DiffRow {
  item: string;
  name: string | null;
  key: string;
  before: Cell;
  after: Cell;
  observed?: Cell;
  status: string;
  /** Removed by an overwrite that does not name the key. */
  implied: boolean;
  note: string | null;
}

const NOTHING: DiffSummary = {
  generation: 0,
  changes: 0,
  items: 0,
  invalid: 0,
  removed: 0,
  destroyed: 0,
  rows: 0,
  settled: null,
  can_undo: false,
  can_redo: false,
};

export class DiffController {
  summary: DiffSummary;
  start = 0;
  rows: DiffRow[] | null = null;
  failure: string | null = null;
  notice: string | null = null;
  confirming = false;
  busy = false;
  #again = false;
  #closed = false;
  /** Row whose button was pressed: when the button goes, the focus stays near it. */
  #pressed: number | null = null;

  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
    this.summary = this.#read();
    void this.load();
  }

  close(): void {
    this.#closed = true;
  }

  readonly redraw = (): void => {
    if (!this.#closed) this.#context.redraw();
  };

  #read(): DiffSummary {
    return { ...NOTHING, ...((this.#context.model.get("summary") as Partial<DiffSummary> | null) ?? {}) };
  }

  changed(): void {
    const before = this.summary;
    this.summary = this.#read();
    if (this.summary.changes === 0) this.confirming = false;
    if (before.generation !== this.summary.generation || before.rows !== this.summary.rows) void this.load();
  }

  go(start: number): void {
    this.start = Math.max(0, Math.min(start, this.#lastStart()));
    void this.load();
  }

  #lastStart(): number {
    return Math.max(0, Math.ceil(this.summary.rows / PAGE) - 1) * PAGE;
  }

  /** The buttons of a row: what is decided about an edit. */
  async settle(method: "drop" | "overrule", row: DiffRow): Promise<void> {
    this.#pressed = this.rows?.indexOf(row) ?? null;
    await this.command(method, { cells: [[row.item, row.key]] });
    if (!this.busy) this.#pressed = null;
  }

  /** Without this the focus would fall to the page, and the next key would be the host's. */
  readonly drawn = (): void => {
    const { root } = this.#context;
    if (this.#pressed === null || root.contains(root.ownerDocument.activeElement)) return;
    const lines = root.querySelectorAll("tbody tr");
    const line = lines[Math.min(this.#pressed, lines.length - 1)];
    const next =
      line?.querySelector<HTMLElement>(".ecw-dropcell button") ??
      root.querySelector<HTMLElement>(".ecw-tablebox") ??
      root.querySelector<HTMLElement>("button:not(:disabled)");
    next?.focus();
  };

  /** Reads the page; one request at a time, the newest wins, the old rows stay until then. */
  async load(): Promise<void> {
    this.start = Math.min(this.start, this.#lastStart());
    if (this.summary.rows === 0) {
      this.rows = [];
      this.failure = null;
      this.redraw();
      this.#pressed = null;
      return;
    }
    if (this.busy) {
      this.#again = true;
      return;
    }
    this.busy = true;
    this.redraw();
    const { start } = this;
    try {
      const { result } = await this.#context.client.request<{ generation: number; rows: DiffRow[] }>("rows", {
        start,
        count: PAGE,
      });
      if (this.#closed) return;
      this.failure = null;
      if (start === this.start) this.rows = result.rows;
      if (start !== this.start || result.generation < this.summary.generation) this.#again = true;
    } catch (error) {
      if (isClosed(error)) return;
      this.failure = messageOf(error);
      this.#again = false;
    } finally {
      this.busy = false;
      this.redraw();
    }
    if (this.#again) {
      this.#again = false;
      void this.load();
    } else this.#pressed = null;
  }

  async command(method: string, params: object = {}): Promise<void> {
    try {
      await this.#context.client.request(method, params);
    } catch (error) {
      if (isClosed(error)) return;
      this.notice = messageOf(error);
      this.redraw();
    }
  }

  confirm(on: boolean): void {
    this.confirming = on;
    this.redraw();
  }
}
