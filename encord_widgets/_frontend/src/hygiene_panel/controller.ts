// The state of one view of a report: which list is open, its page, which values were picked, what is under way.
import type { Cell } from "../shared/cells";
import { isClosed, messageOf } from "../shared/client";
import type { Context } from "../shared/mount";

export const PAGE = 50;
export const LISTS = ["values", "keys", "unlisted", "unused"] as const;
export type ListName = (typeof LISTS)[number];

export interface HygieneSummary {
  generation: number;
  items: number;
  cells: number;
  lists: Record<ListName, number>;
  /** The items changed since they were looked at. */
  stale: boolean;
  staged: number;
  can_undo: boolean;
}

export interface KeyTotal {
  key: string;
  clusters: number;
  cells: number;
}

export interface Member {
  value: Cell;
  count: number;
  fits: boolean;
}

export interface HygieneRow {
  at: number;
  key?: string;
  count?: number;
  members?: Member[];
  /** Members that are not shown. */
  more?: number;
  /** Which member is kept; -1 is the value that the schema reads in them. */
  kept?: number;
  canonical?: Cell;
  cells?: number;
  total?: number;
  reasons?: string[];
}

export class HygieneController {
  summary: HygieneSummary;
  byKey: KeyTotal[];
  list: ListName;
  start = 0;
  rows: HygieneRow[] | null = null;
  notice: string | null = null;
  asked: string | null = null;
  /** Radio buttons of one name are one group in the whole page: each view has names of its own. */
  readonly mark = Math.random().toString(36).slice(2);
  /** By place in the list, the member that was picked. */
  picked = new Map<number, number>();
  #reading = false;
  #again = false;
  #closed = false;

  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
    this.summary = context.model.get("summary") as HygieneSummary;
    this.byKey = context.model.get("by_key") as KeyTotal[];
    this.list = LISTS.find((name) => this.summary.lists[name] > 0) ?? "values";
    void this.load();
  }

  close(): void {
    this.#closed = true;
  }

  redraw(): void {
    if (!this.#closed) this.#context.redraw();
  }

  changed(): void {
    const before = this.summary.generation;
    this.summary = this.#context.model.get("summary") as HygieneSummary;
    this.byKey = this.#context.model.get("by_key") as KeyTotal[];
    if (before === this.summary.generation) return;
    this.picked.clear();
    void this.load();
  }

  open(list: ListName): void {
    if (list === this.list) return;
    this.list = list;
    this.start = 0;
    this.rows = null;
    this.picked.clear();
    void this.load();
  }

  go(start: number): void {
    this.start = start;
    void this.load();
  }

  pick(row: HygieneRow, member: number): void {
    this.picked.set(row.at, member);
    this.redraw();
  }

  kept(row: HygieneRow): number {
    return this.picked.get(row.at) ?? row.kept ?? 0;
  }

  /** How many cells would change with what is picked. */
  cells(row: HygieneRow): number {
    const kept = this.kept(row);
    if (kept === row.kept) return row.cells ?? 0;
    return (row.total ?? 0) - (row.members?.[kept]?.count ?? 0);
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
      const { result } = await this.#context.client.request<{ rows: HygieneRow[] }>("rows", params);
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

  fix(row: HygieneRow): void {
    const { generation } = this.summary;
    void this.ask("fix", { generation, list: this.list, at: row.at, member: this.kept(row) });
  }

  dismiss(): void {
    this.notice = null;
    this.redraw();
  }
}
