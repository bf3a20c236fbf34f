// The state of one view of the grid: its cells, the open editor, edits under way.
import { type Cell, type Column, count, plural, sameCell } from "../shared/cells";
import { isClosed, messageOf, type RequestClient } from "../shared/client";
import type { Context } from "../shared/mount";
import { Blocks, type Found } from "./blocks";
import { type Edit, type EditResult, Edits } from "./edits";
import { Headers } from "./headers";
import { fetchMore, more } from "./more";
import { Selection } from "./selection";
import {
  type CellFacts,
  type DialogState,
  type EditorState,
  keyName,
  type Refusal,
  type Rest,
  readOnlyReason,
  type ShownCell,
} from "./states";
import { Thumbs } from "./thumbs";
import { Told } from "./told";

export type * from "./states";
export { keyName, MAX_ROWS, readOnlyReason } from "./states";

export class Controller extends Selection {
  readonly blocks: Blocks;
  readonly edits: Edits;
  readonly thumbs: Thumbs;
  readonly headers: Headers;
  editor: EditorState | null = null;
  dialog: DialogState | null = null;
  message: { text: string; bad: boolean } | null = null;
  notice: string | null = null;
  #sessions = 0;
  readonly #told: Told;
  #closed = false;

  readonly client: RequestClient;
  readonly #context: Context;

  constructor(context: Context) {
    super(context.model);
    this.#context = context;
    this.client = context.client;
    this.blocks = new Blocks(context.client, this.redraw, () => this.edits.settle(this.blocks.generation));
    this.edits = new Edits(
      context.client,
      this.redraw,
      (generation) => {
        this.blocks.advance(generation);
        if (this.blocks.fresh) this.edits.settle(this.blocks.generation);
        this.look();
      },
      (item, key) => this.#currentCell(item, key),
    );
    this.thumbs = new Thumbs(context.client, this.redraw);
    this.headers = new Headers(context.client, this.redraw);
    this.#told = new Told(this, context.client);
    this.#configure(true);
    const key = this.layout.places.findIndex((place) => place.column.editable);
    this.active = { row: 0, at: Math.max(0, key) };
    this.anchor = this.active;
  }

  readonly redraw = (): void => {
    if (!this.#closed) this.#context.redraw();
  };

  close(): void {
    this.#closed = true;
    this.#told.close();
    this.blocks.close();
    this.thumbs.close();
    this.headers.close();
  }

  /** A trait changed: read them all again. */
  changed(): void {
    const before = this.view;
    const ids = this.columns.map((column) => column.id).join("\n");
    this.read(this.#context.model);
    this.#configure(this.columns.map((column) => column.id).join("\n") !== ids);
    if (before.search !== this.view.search || before.filter?.text !== this.view.filter?.text) {
      this.top = 0;
      this.active = { row: Math.min(0, this.active.row), at: this.active.at };
    }
    if (JSON.stringify([before.sort, before.search]) !== JSON.stringify([this.view.sort, this.view.search])) {
      this.anchor = this.active;
    }
    if (before.order !== this.view.order) this.#told.again();
    const { editor } = this;
    if (editor && !this.columns.some((column) => column.id === editor.column.id)) this.editor = null;
    this.clampActive();
    this.setTop(this.top);
    const { look } = this.view;
    if (look && look.turn !== before.look?.turn) this.#lookAt(look.row, look.column);
  }

  /** Somebody else looks at this row: it comes into view, and the keyboard stays where it is. */
  #lookAt(row: number, column: string | null): void {
    if (this.editor || this.dialog) return;
    const at = this.layout.places.findIndex((place) => place.column.id === column);
    this.active = { row, at: at < 0 ? this.active.at : at };
    this.clampActive();
    this.anchor = this.active;
    this.reveal(this.active);
    // With the keyboard in this grid, its place is the active cell.
    this.wantFocus = this.within();
  }

  #configure(reset: boolean): void {
    this.arrange();
    this.blocks.configure(this.view.generation, this.view.rows, this.columns.length, reset);
    this.look();
  }

  protected moved(): void {
    this.message = null;
    this.redraw();
    this.#told.soon();
  }

  /** Tells the block store and the thumbnails what is on screen. */
  protected look(): void {
    const { places } = this.layout;
    const shown = this.visibleColumns();
    const indices = places.filter((place, at) => place.frozen || (at >= shown.from && at < shown.to));
    this.blocks.look(
      this.visibleRows(),
      indices.map((place) => place.index),
    );
    if (this.rows > 0 && !this.view.loading)
      this.headers.look(
        indices.map((place) => place.column.id),
        this.view.generation,
      );
    this.#followEditor();
  }

  // --- cells ---------------------------------------------------------------------------------------------------

  cell(row: number, at: number): ShownCell | undefined {
    const place = this.layout.places[at];
    const found: Found | undefined = place && this.blocks.find(row, place.index);
    if (!place || !found) return undefined;
    const shown =
      place.column.kind === "key" ? this.edits.shown(found.item, keyName(place.column)) : undefined;
    const pending = shown !== undefined;
    return { item: found.item, cell: pending ? shown : found.cell, state: found.state, pending };
  }

  /** The cell as Python last sent it, never the stand-in. */
  stored(row: number, at: number): Found | undefined {
    const place = this.layout.places[at];
    return place && this.blocks.find(row, place.index);
  }

  #currentCell(item: string, key: string): Cell | undefined {
    const row = this.blocks.rowOf(item);
    const index = this.columns.findIndex((column) => column.id === `key:${key}`);
    if (row === undefined || index < 0) return undefined;
    const found = this.blocks.find(row, index);
    return found && !found.stale ? found.cell : undefined;
  }

  /** The value of a named column in a row, when that column is in the grid and here. */
  field(row: number, id: string): Cell | undefined {
    const index = this.columns.findIndex((column) => column.id === id);
    return index < 0 ? undefined : this.blocks.find(row, index)?.cell;
  }

  // --- editing -------------------------------------------------------------------------------------------------

  /** Opens the editor on the active cell. `text` replaces the content (typing). */
  open(text: string | null = null): void {
    const { row, at } = this.active;
    const place = this.layout.places[at];
    const found = this.stored(row, at);
    if (row < 0 || !place) return;
    if (!place.column.editable || !found) {
      const late = "This row is still on its way; try again in a moment.";
      this.say(place.column.editable ? late : readOnlyReason(place.column), false);
      return;
    }
    const before = this.edits.shown(found.item, keyName(place.column)) ?? found.cell;
    this.reveal(this.active);
    this.anchor = this.active;
    const { item } = found;
    this.editor = { session: ++this.#sessions, item, column: place.column, row, before, text, reason: null };
    this.message = null;
    this.redraw();
  }

  /** Closes the editor; `back` returns the focus to the cell. */
  cancel(back: boolean): void {
    if (!this.editor) return;
    this.editor = null;
    this.wantFocus = back;
    this.redraw();
  }

  /** Sends what the editor holds. `move` is where to go then; without it the focus has already left. */
  commit(action: Edit["action"], text: string, move?: { rows: number; cols: number }): void {
    const editor = this.editor;
    if (!editor) return;
    this.editor = null;
    const from = this.active;
    const edit = { item: editor.item, key: keyName(editor.column), before: editor.before, action, text };
    if (move) this.moveTo(this.step(from, move.rows, move.cols));
    const landed = this.active;
    void this.stage([edit]).then((results) => {
      const refused = results?.find((result) => !result.accepted);
      if (!refused) return;
      const reason = refused.reason ?? "Python refused this value.";
      const idle = this.editor === null && this.dialog === null && this.hasFocus();
      const row = this.blocks.rowOf(editor.item) ?? editor.row;
      if (move && idle && this.active.row === landed.row && this.active.at === landed.at) {
        this.active = {
          row,
          at: this.layout.places.findIndex((place) => place.column.id === editor.column.id),
        };
        this.clampActive();
        this.anchor = this.active;
        this.reveal(this.active);
        const session = ++this.#sessions;
        this.editor = { ...editor, session, row, text, reason };
        this.redraw();
      } else this.#sayRefused(editor, reason);
    });
  }

  /** A refused text waits in its cell while the keyboard is elsewhere, until another cell of the grid is active. */
  leaveRefused(): void {
    const { editor, active } = this;
    const here = active.row === editor?.row && this.place(active.at)?.column.id === editor.column.id;
    if (!editor?.reason || here) return;
    this.editor = null;
    this.#sayRefused(editor, editor.reason);
  }

  #sayRefused({ column }: EditorState, reason: string): void {
    this.say(`${column.label} was not changed: ${reason}`, true);
  }

  /** One `edit` message. Answers the results, or undefined when the view is closed. */
  async stage(edits: Edit[]): Promise<EditResult[] | undefined> {
    if (edits.length === 0) return [];
    try {
      return await this.edits.submit(edits);
    } catch (error) {
      if (!isClosed(error)) throw error;
      return undefined;
    }
  }

  /** An edit of many cells: what was refused is listed, with what could not even be sent. */
  async stageMany(edits: Edit[], done: (n: number) => string, left: Refusal[] = []): Promise<void> {
    const places = new Map(edits.map((edit) => [`${edit.item}\n${edit.key}`, edit]));
    // Now: the answer raises the generation, and rows may have moved.
    const rows = this.blocks.rowsByItem();
    const items = new Set(edits.map((edit) => edit.item));
    const names = new Map([...items].map((item) => [item, this.nameOf(item, rows.get(item) ?? -1)]));
    const changed = edits.filter((edit) => !(edit.action === "unset" && sameCell(edit.before, 0)));
    const results = await this.stage(changed);
    if (!results) return;
    const bad = results.filter((result) => !result.accepted);
    const staged = results.length - bad.length;
    const refused = bad.map(({ item, key, reason }): Refusal => {
      const text = places.get(`${item}\n${key}`)?.text ?? "";
      const row = rows.get(item) ?? -1;
      return { row, name: names.get(item) ?? item, column: key, text, reason: reason ?? "refused" };
    });
    this.report(staged, [...refused, ...left], done(staged));
  }

  /** Says what came of an edit of many cells; every cell that was refused is listed. */
  report(staged: number, refused: Refusal[], done: string, rest?: Rest): void {
    const [first] = refused;
    const total = rest?.total ?? refused.length;
    if (first && total === 1 && staged === 0) {
      this.say(`${first.column} was not changed: ${first.reason}`, true);
    } else if (first) {
      const title = `${plural(total, "cell")} of ${count(staged + total)} not changed`;
      this.show({ kind: "refused", title, staged, refused, ...(rest ? { rest } : {}) });
      this.say(`${done} ${title}.`, true);
    } else this.say(done, false);
  }

  /** The name of an item for people: its name, or else its uuid. */
  nameOf(item: string, row: number): string {
    const cell = row < 0 ? undefined : this.field(row, "field:name");
    return typeof cell === "string" && cell ? cell : item;
  }

  /** Everything about the active cell: stored JSON, type, and what a commit would send. */
  async explain(): Promise<void> {
    const { row, at } = this.active;
    const column = this.layout.places[at]?.column;
    const item = this.blocks.item(row);
    if (!column || row < 0 || item === undefined) return;
    this.show({ kind: "cell", column, facts: null, problem: null });
    const mine = this.dialog;
    let [facts, problem]: [CellFacts | null, string | null] = [null, null];
    try {
      facts = await this.ask<CellFacts>("cell", { item, column: column.id });
    } catch (error) {
      if (isClosed(error)) return;
      problem = messageOf(error);
    }
    if (this.dialog === mine) this.show({ kind: "cell", column, facts, problem });
  }

  /** Rows can move under an open editor: it stays with its item. */
  #followEditor(): void {
    const editor = this.editor;
    if (!editor || this.blocks.item(editor.row) === editor.item) return;
    const row = this.blocks.rowOf(editor.item);
    if (row === undefined) return;
    this.editor = { ...editor, row };
    this.active = { row, at: this.active.at };
    this.anchor = this.active;
  }

  // --- the rest ------------------------------------------------------------------------------------------------

  say(text: string, bad: boolean): void {
    this.message = { text, bad };
    this.redraw();
  }

  /** A command of the toolbar or keyboard; what goes wrong is shown. */
  async command<T>(method: string, params: object = {}): Promise<T | undefined> {
    try {
      return (await this.#context.client.request<T>(method, params)).result;
    } catch (error) {
      if (!isClosed(error)) {
        this.notice = messageOf(error);
        this.redraw();
      }
      return undefined;
    }
  }

  /** An answer for a part of the view that shows itself what goes wrong. */
  async ask<T>(method: string, params: object): Promise<T> {
    return (await this.#context.client.request<T>(method, params)).result;
  }

  /** Opens the filter of a column under its header. */
  filter(column: Column, at: number): void {
    this.moveTo({ row: -1, at });
    const head = this.scroller?.querySelector(`.ecw-th[aria-colindex="${at + 3}"]`)?.getBoundingClientRect();
    this.show({ kind: "filter", column, left: head?.left ?? 0, top: head?.bottom ?? 0 });
  }

  sort(column: Column): void {
    const { sort } = this.view;
    const mine = sort?.column === column.id;
    if (!mine) void this.command("sort", { column: column.id, descending: false });
    else if (!sort.descending) void this.command("sort", { column: column.id, descending: true });
    else void this.command("sort", { column: null, descending: false });
  }

  show(dialog: DialogState | null): void {
    this.dialog = dialog;
    if (!dialog) this.wantFocus = false;
    else void this.reach();
    this.redraw();
  }

  /** Fetches the code of the dialogs, if it is not here: when one is to be shown, or the grid is first touched. */
  async reach(): Promise<void> {
    if (more()) return;
    try {
      await fetchMore(this.#context.client);
    } catch (error) {
      if (isClosed(error) || !this.dialog) return;
      this.dialog = null;
      this.notice = messageOf(error);
    }
    this.redraw();
  }

  async showProblems(): Promise<void> {
    this.show({ kind: "problems", problems: null });
    const answer = await this.command<{
      problems: { item: string | null; name: string | null; reason: string }[];
    }>("problems");
    if (this.dialog?.kind !== "problems") return;
    this.show(answer ? { kind: "problems", problems: answer.problems } : null);
  }

  /** The full value behind a cut cell. */
  async full(item: string, column: string): Promise<{ json: string; absent: boolean }> {
    return this.ask("cell", { item, column });
  }
}
