// The state of one view of a join: which list is open, its page, what is under way, what went wrong.
import type { Cell } from "../shared/cells";
import { isClosed, messageOf } from "../shared/client";
import type { Context } from "../shared/mount";

export const PAGE = 100;

export const LISTS = [
  "changes",
  "problems",
  "duplicates",
  "ambiguous",
  "unmatched",
  "blank",
  "without",
] as const;
export type ListName = (typeof LISTS)[number];
export type Choice = "duplicates" | "ambiguous" | "problems";

export interface JoinSummary {
  generation: number;
  rows: number;
  matched: number;
  items: number;
  lists: Record<ListName, number>;
  column: string;
  on: string;
  left_out: string[];
  duplicates: string;
  ambiguous: string;
  problems: string;
  refusals: number;
  reason: string | null;
  /** The items changed since the join was made. */
  stale: boolean;
  staged: number;
  can_undo: boolean;
}

export interface JoinColumn {
  column: string;
  key: string;
  type: string | null;
  policy: string;
  changes: number;
  same: number;
  kept: number;
  missing: number;
  problems: number;
}

export interface JoinRow {
  row?: string;
  on?: string;
  item?: string;
  name?: string;
  items?: string;
  key?: string;
  before?: Cell;
  after?: Cell;
  reason?: string;
}

export class JoinController {
  summary: JoinSummary;
  columns: JoinColumn[];
  list: ListName;
  start = 0;
  rows: JoinRow[] | null = null;
  notice: string | null = null;
  /** The request under way that changes something. */
  asked: string | null = null;
  #reading = false;
  #again = false;
  #closed = false;

  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
    this.summary = context.model.get("summary") as JoinSummary;
    this.columns = context.model.get("columns") as JoinColumn[];
    this.list = this.#first();
    void this.load();
  }

  close(): void {
    this.#closed = true;
  }

  redraw(): void {
    if (!this.#closed) this.#context.redraw();
  }

  /** What is in the way comes before what would change. */
  #first(): ListName {
    const { lists } = this.summary;
    const open = (["problems", "duplicates", "ambiguous"] as const).find((name) => lists[name] > 0);
    return open ?? "changes";
  }

  changed(): void {
    const before = this.summary;
    this.summary = this.#context.model.get("summary") as JoinSummary;
    this.columns = this.#context.model.get("columns") as JoinColumn[];
    if (before.generation === this.summary.generation) return;
    if (this.summary.lists[this.list] === 0) this.list = this.#first();
    void this.load();
  }

  open(list: ListName): void {
    if (list === this.list) return;
    this.list = list;
    this.start = 0;
    this.rows = null;
    void this.load();
  }

  go(start: number): void {
    this.start = start;
    void this.load();
  }

  /** Reads the page; one request at a time, the newest wins. */
  async load(): Promise<void> {
    const last = Math.max(0, Math.ceil(this.summary.lists[this.list] / PAGE) - 1) * PAGE;
    this.start = Math.max(0, Math.min(this.start, last));
    this.redraw();
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = true;
    const { list, start } = this;
    try {
      const params = { list, start, count: PAGE };
      const { result } = await this.#context.client.request<{ rows: JoinRow[] }>("rows", params);
      if (list === this.list && start === this.start) this.rows = result.rows;
    } catch (error) {
      if (isClosed(error)) return;
      this.notice = `The list could not be read: ${messageOf(error)}`;
    } finally {
      this.#reading = false;
    }
    if (this.#again) {
      this.#again = false;
      void this.load();
    } else this.redraw();
  }

  /** Asks Python to do something; one at a time. */
  async ask(method: string, params: object = {}): Promise<void> {
    if (this.asked) return;
    this.asked = method;
    this.notice = null;
    this.redraw();
    try {
      await this.#context.client.request(method, params);
    } catch (error) {
      if (isClosed(error)) return;
      this.notice = messageOf(error);
    }
    this.asked = null;
    this.redraw();
  }

  dismiss(): void {
    this.notice = null;
    this.redraw();
  }
}
