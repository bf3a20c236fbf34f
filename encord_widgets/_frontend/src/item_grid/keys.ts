// Keyboard and clipboard of the grid.
import { type Cell, isTruncated, plural, sameCell, textOf } from "../shared/cells";
import { isClosed, messageOf } from "../shared/client";
import { toTsv } from "./clipboard";
import { type Box, type Controller, keyName, MAX_ROWS, readOnlyReason } from "./controller";
import type { Edit } from "./edits";
import { ROW } from "./geometry";
import { fetchMore, type More, more } from "./more";

/** What this view copied last: pasting it again keeps absent, null and types apart. */
export interface Copied {
  text: string;
  cells: { item: string; column: string; cell: Cell }[][];
}

export class Keys {
  #copied: Copied | null = null;

  readonly #controller: Controller;

  constructor(controller: Controller) {
    this.#controller = controller;
  }

  readonly onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing || event.defaultPrevented) return;
    if (this.#handle(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  };

  #handle(event: KeyboardEvent): boolean {
    const controller = this.#controller;
    const { active } = controller;
    const command = event.ctrlKey || event.metaKey;
    if (controller.dialog) {
      // It is on its way: what is typed meanwhile is not meant for the cell.
      if (event.key === "Escape") controller.show(null);
      return event.key !== "Tab";
    }
    if (active.row < 0 && this.#header(event)) return true;
    if (this.#move(event, command)) return true;
    if (command) return this.#shortcut(event);
    if (event.altKey) {
      if (event.code !== "KeyN") return false;
      this.#setNull();
      return true;
    }
    switch (event.key) {
      case "Enter":
      case "F2":
        controller.open();
        return true;
      case "Delete":
      case "Backspace":
        void this.#unset();
        return true;
      case "Escape":
        controller.moveTo(active);
        return true;
      case "?":
        controller.show({ kind: "help" });
        return true;
      case " ":
        if (this.#toggle()) return true;
        break;
    }
    if (event.key.length === 1 && active.row >= 0) {
      controller.open(event.key);
      return true;
    }
    return false;
  }

  #header(event: KeyboardEvent): boolean {
    const controller = this.#controller;
    const place = controller.place(controller.active.at);
    if (!place) return false;
    if (event.altKey && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
      controller.setWidth(place.column.id, place.width + (event.key === "ArrowRight" ? 16 : -16));
      return true;
    }
    if (event.altKey && event.key === "ArrowDown") {
      controller.filter(place.column, controller.active.at);
      return true;
    }
    if (event.key === "Enter" || event.key === " ") {
      controller.sort(place.column);
      return true;
    }
    return event.key === "Delete" || event.key === "Backspace";
  }

  #move(event: KeyboardEvent, command: boolean): boolean {
    const controller = this.#controller;
    const { active, rows, layout } = controller;
    if (event.altKey) return false;
    const page = Math.max(1, Math.floor(controller.body / ROW) - 1);
    const last = { row: rows - 1, at: layout.places.length - 1 };
    const spot = (() => {
      switch (event.key) {
        case "ArrowUp":
          return command ? { ...active, row: 0 } : controller.step(active, -1, 0);
        case "ArrowDown":
          return command ? { ...active, row: last.row } : controller.step(active, 1, 0);
        case "ArrowLeft":
          return command ? { ...active, at: 0 } : controller.step(active, 0, -1);
        case "ArrowRight":
          return command ? { ...active, at: last.at } : controller.step(active, 0, 1);
        case "Home":
          return command ? { row: 0, at: 0 } : { ...active, at: 0 };
        case "End":
          return command ? last : { ...active, at: last.at };
        case "PageUp":
          return { ...active, row: Math.max(0, active.row - page) };
        case "PageDown":
          return { ...active, row: Math.min(last.row, active.row + page) };
        default:
          return null;
      }
    })();
    if (!spot) return false;
    controller.moveTo(spot, { extend: event.shiftKey });
    return true;
  }

  #shortcut(event: KeyboardEvent): boolean {
    const controller = this.#controller;
    switch (event.key.toLowerCase()) {
      case "z":
        void controller.command(event.shiftKey ? "redo" : "undo");
        return true;
      case "y":
        void controller.command("redo");
        return true;
      case "a": {
        const { rows, layout } = controller;
        controller.selectBox({ row: rows - 1, at: layout.places.length - 1 }, { row: 0, at: 0 });
        return true;
      }
      case "i":
        void controller.explain();
        return true;
      case "e":
        controller.show({ kind: "bulk", operation: "set" });
        return true;
      case "h":
        controller.show({ kind: "bulk", operation: "replace" });
        return true;
      case "d":
        controller.show({ kind: "bulk", operation: "fill_down" });
        return true;
      case "n":
        if (!event.shiftKey) return false;
        this.#setNull();
        return true;
      default:
        return false;
    }
  }

  /** Space on a boolean cell: absent and false become true, true becomes false. */
  #toggle(): boolean {
    const controller = this.#controller;
    const { row, at } = controller.active;
    const place = controller.place(at);
    const shown = controller.cell(row, at);
    if (!place?.column.editable || place.column.type !== "boolean" || !shown) return false;
    const text = shown.cell === true || shown.cell === "true" ? "false" : "true";
    void controller.stageMany(
      [{ item: shown.item, key: keyName(place.column), before: shown.cell, action: "json", text }],
      () => `${place.column.label} is now ${text}.`,
    );
    return true;
  }

  // --- the selection as a whole --------------------------------------------------------------------------------

  /** The rows of a box, read if they are not here. Says so and answers false when that is not possible. */
  async ready(box: Box, what: string): Promise<boolean> {
    const controller = this.#controller;
    const n = box.rows.to - box.rows.from;
    if (n > MAX_ROWS) {
      controller.say(
        `${what} works on up to ${plural(MAX_ROWS, "row")}, the selection has ${plural(n, "row")}. The bulk edit (Ctrl+E) takes any number.`,
        true,
      );
      return false;
    }
    const indices = [];
    for (let at = box.ats.from; at < box.ats.to; at++) indices.push(controller.place(at)?.index ?? 0);
    try {
      await controller.blocks.ensure(box.rows, indices);
      return true;
    } catch (error) {
      controller.say(`${what} stopped, the rows could not be read: ${messageOf(error)}`, true);
      return false;
    }
  }

  async #unset(): Promise<void> {
    await this.#all("unset", "Removing values", (n) => `${plural(n, "value")} removed.`);
  }

  #setNull(): void {
    void this.#all("null", "Setting null", (n) => `${plural(n, "cell")} set to null.`);
  }

  async #all(action: "unset" | "null", what: string, done: (n: number) => string): Promise<void> {
    const controller = this.#controller;
    const box = controller.box();
    const columns = [];
    for (let at = box.ats.from; at < box.ats.to; at++) {
      const column = controller.place(at)?.column;
      if (column) columns.push({ at, column });
    }
    const editable = columns.filter(({ column }) => column.editable);
    const first = columns[0];
    if (editable.length === 0) {
      if (first) controller.say(readOnlyReason(first.column), false);
      return;
    }
    const seen = controller.visibleRows();
    if (editable[0] && editable.length === 1 && box.rows.to - box.rows.from > seen.to - seen.from) {
      // More rows than are on screen: the number is said first.
      const operation = action === "unset" ? "unset" : "clear";
      controller.show({ kind: "bulk", operation, column: editable[0].column });
      return;
    }
    if (!(await this.ready(box, what))) return;
    const edits: Edit[] = [];
    const gone: Cell = action === "unset" ? 0 : null;
    for (let row = box.rows.from; row < box.rows.to; row++) {
      for (const { at, column } of editable) {
        const shown = controller.cell(row, at);
        if (!shown || sameCell(shown.cell, gone)) continue;
        edits.push({ item: shown.item, key: keyName(column), before: shown.cell, action, text: "" });
      }
    }
    if (edits.length === 0) {
      controller.say(action === "unset" ? "Nothing is set here." : "All are null already.", false);
      return;
    }
    const word = action === "unset" ? "Remove" : "Set to null";
    this.numberFirst(box, `${word} ${plural(edits.length, "value")}`, () => {
      void controller.stageMany(edits, done);
    });
  }

  // --- clipboard -----------------------------------------------------------------------------------------------

  readonly onCopy = (event: ClipboardEvent): void => {
    const controller = this.#controller;
    if (controller.active.row < 0) return;
    event.preventDefault();
    const box = controller.box();
    const now = this.#collect(box);
    if (now) {
      event.clipboardData?.setData("text/plain", now.text);
      this.#remember(now);
      return;
    }
    if (box.rows.to - box.rows.from > MAX_ROWS)
      void this.#with("Copying", (part) => part.copyMany(controller, box));
    else void this.#copyLater(box);
  };

  async #copyLater(box: Box): Promise<void> {
    const controller = this.#controller;
    if (!(await this.ready(box, "Copying"))) return;
    const all = this.#collect(box);
    if (!all) return;
    try {
      await navigator.clipboard.writeText(all.text);
      this.#remember(all);
    } catch {
      controller.say("The rows are here now, but the browser wants a fresh key press: copy again.", true);
    }
  }

  #remember(copied: Copied): void {
    this.#copied = copied;
    const cells = copied.cells.length * (copied.cells[0]?.length ?? 0);
    const cut = copied.cells.flat().filter(({ cell }) => isTruncated(cell)).length;
    const note = cut > 0 ? ` ${plural(cut, "long value")} cut; paste inside the grid keeps them whole.` : "";
    this.#controller.say(`${plural(cells, "cell")} copied.${note}`, false);
  }

  /** The cells of a box, or null when some are not here. */
  #collect(box: Box): Copied | null {
    const controller = this.#controller;
    if (box.rows.to - box.rows.from > MAX_ROWS) return null;
    const cells: Copied["cells"] = [];
    for (let row = box.rows.from; row < box.rows.to; row++) {
      const line: Copied["cells"][number] = [];
      for (let at = box.ats.from; at < box.ats.to; at++) {
        const shown = controller.cell(row, at);
        if (!shown) return null;
        line.push({ item: shown.item, column: controller.place(at)?.column.id ?? "", cell: shown.cell });
      }
      cells.push(line);
    }
    return { text: toTsv(cells.map((line) => line.map(({ cell }) => textOf(cell)))), cells };
  }

  readonly onPaste = (event: ClipboardEvent): void => {
    const controller = this.#controller;
    if (controller.active.row < 0) return;
    const text = event.clipboardData?.getData("text/plain") ?? "";
    event.preventDefault();
    if (text === "") {
      controller.say("The clipboard holds no text.", false);
      return;
    }
    const box = controller.box();
    const own = this.#copied?.text.replaceAll("\r", "") === text.replaceAll("\r", "") ? this.#copied : null;
    void this.#with("Pasting", (part) => part.paste({ controller, keys: this, box, text, own }));
  };

  /** Does what only the part that is fetched can do: at once where it is here, as it nearly always is. */
  async #with(what: string, work: (part: More) => unknown): Promise<void> {
    const controller = this.#controller;
    const { order } = controller.view;
    try {
      if (!more()) await fetchMore(controller.client);
    } catch (error) {
      if (!isClosed(error)) controller.say(`${what} stopped: ${messageOf(error)}`, true);
    }
    const part = more();
    if (!part) return;
    if (order === controller.view.order) await work(part);
    else controller.say(`${what} stopped, the rows moved meanwhile. Try again.`, true);
  }

  /** An edit of more rows than are on screen says its number first. */
  numberFirst(box: Box, action: string, run: () => void): void {
    const controller = this.#controller;
    const rows = box.rows.to - box.rows.from;
    const seen = controller.visibleRows();
    if (rows <= seen.to - seen.from) run();
    else controller.show({ kind: "confirm", title: `${action} in ${plural(rows, "row")}?`, action, run });
  }
}
