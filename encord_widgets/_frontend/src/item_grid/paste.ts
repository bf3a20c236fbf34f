// What a paste does with its block of cells; fetched with the dialogs.
import { isTruncated, jsonOf, kindOf, plural, sameCell, textOf } from "../shared/cells";
import { fromTsv } from "./clipboard";
import type { Controller } from "./controller";
import type { Edit } from "./edits";
import type { Copied, Keys } from "./keys";
import { pasteMany } from "./many";
import { type Box, keyName, MAX_ROWS, type Refusal, readOnlyReason } from "./states";

export interface Paste {
  controller: Controller;
  keys: Keys;
  /** The selection that it was meant for. */
  box: Box;
  text: string;
  /** What was copied in this view, if that is what is pasted. */
  own: Copied | null;
}

/** Lays a block from the first selected cell, or fills the selection with one value. */
export async function paste({ controller, keys, box, text, own }: Paste): Promise<void> {
  const lines = text.trimEnd().split("\n").length;
  if (lines > MAX_ROWS) return pasteMany(controller, box, text, lines);
  const block = own ? null : fromTsv(text);
  const height = own ? own.cells.length : (block?.length ?? 0);
  const width = own ? (own.cells[0]?.length ?? 0) : Math.max(...(block ?? [[]]).map((row) => row.length));
  // One cell fills the selection; a block is laid from its first cell.
  const fill = height === 1 && width === 1;
  if (!fill) {
    box.rows.to = Math.min(controller.rows, box.rows.from + height);
    box.ats.to = Math.min(controller.layout.places.length, box.ats.from + width);
  }
  if (!(await keys.ready(box, "Pasting"))) return;
  const edits: Edit[] = [];
  const left: Refusal[] = fill ? [] : outside(controller, box, own ? own.cells : block, height, width);
  let same = 0;
  for (let row = box.rows.from; row < box.rows.to; row++) {
    for (let at = box.ats.from; at < box.ats.to; at++) {
      const column = controller.place(at)?.column;
      const shown = controller.cell(row, at);
      const [y, x] = fill ? [0, 0] : [row - box.rows.from, at - box.ats.from];
      const source = own?.cells[y]?.[x];
      const value = source ? textOf(source.cell) : block?.[y]?.[x];
      if (!column || value === undefined) continue;
      const name = shown ? controller.nameOf(shown.item, row) : `row ${row + 1}`;
      const where = { row, name, column: column.label, text: value };
      if (!shown) {
        left.push({ ...where, reason: "The row was not here yet; paste again." });
        continue;
      }
      if (source ? sameCell(source.cell, shown.cell) : value === textOf(shown.cell)) {
        same++;
        continue;
      }
      if (!column.editable) {
        left.push({ ...where, reason: readOnlyReason(column) });
        continue;
      }
      const base = { item: shown.item, key: keyName(column), before: shown.cell };
      if (source) {
        edits.push({ ...base, ...(await exact(controller, source)) });
        continue;
      }
      edits.push({
        ...base,
        ...(value === "" ? { action: "unset", text: "" } : { action: "text", text: value }),
      });
    }
  }
  if (!fill) {
    const { from } = box.rows;
    controller.selectBox({ row: box.rows.to - 1, at: box.ats.to - 1 }, { row: from, at: box.ats.from });
  }
  const tail = same > 0 ? ` ${plural(same, "cell")} held it already.` : "";
  if (edits.length === 0) controller.report(0, left, `Nothing to change.${tail}`);
  else {
    const stage = (): void =>
      void controller.stageMany(edits, (n) => `${plural(n, "cell")} pasted.${tail}`, left);
    // A block has the size that was copied; one value has the size of what happens to be selected.
    if (fill) keys.numberFirst(box, `Fill ${plural(edits.length + left.length, "cell")}`, stage);
    else stage();
  }
}

/** Cells of a block for which the grid has no row or no column. */
function outside(
  controller: Controller,
  box: Box,
  block: (string | Copied["cells"][number][number])[][] | null,
  height: number,
  width: number,
): Refusal[] {
  const found: Refusal[] = [];
  const [rows, ats] = [box.rows.to - box.rows.from, box.ats.to - box.ats.from];
  for (let y = 0; y < height; y++) {
    for (let x = y < rows ? ats : 0; x < width; x++) {
      const source = block?.[y]?.[x];
      if (source === undefined) continue;
      const text = typeof source === "string" ? source : textOf(source.cell);
      const column = controller.place(box.ats.from + x)?.column.label ?? "no column";
      const row = box.rows.from + y;
      const reason = y < rows ? "Right of the last column." : "Below the last row.";
      found.push({ row, name: `row ${row + 1}`, column, text, reason });
    }
  }
  return found;
}

async function exact(
  controller: Controller,
  source: Copied["cells"][number][number],
): Promise<Pick<Edit, "action" | "text">> {
  const { cell, item, column } = source;
  if (kindOf(cell) === "absent") return { action: "unset", text: "" };
  if (kindOf(cell) === "null") return { action: "null", text: "" };
  if (!isTruncated(cell)) return { action: "json", text: jsonOf(cell) };
  return { action: "json", text: (await controller.full(item, column)).json };
}
