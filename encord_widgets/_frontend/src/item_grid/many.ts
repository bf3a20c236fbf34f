// Copies and pastes of more rows than the page takes in hand: their text is made and read in Python, each in one message.
import { plural } from "../shared/cells";
import { isClosed, messageOf } from "../shared/client";
import { deflate, inflate } from "../shared/unpack";
import type { Controller } from "./controller";
import type { Box, Refusal } from "./states";

/** A block of a million cells is read in a minute or so. */
const PATIENCE_MS = 600_000;

interface Pasted {
  staged: number;
  same: number;
  refused: number;
}

/** A refused cell as Python lists it: its row is counted in the block, from 1. */
interface Listed {
  row: number;
  name: string;
  key: string;
  text: string;
  reason: string;
}

function blockOf(controller: Controller, box: Box): { rows: number[]; columns: string[]; order: number } {
  const columns = [];
  for (let at = box.ats.from; at < box.ats.to; at++) columns.push(controller.place(at)?.column.id ?? "");
  return { rows: [box.rows.from, box.rows.to], columns, order: controller.view.order };
}

/** An answer that takes its time, with a block of text that goes or comes as one buffer. */
async function block<T>(
  controller: Controller,
  method: string,
  params: object,
  sent: ArrayBuffer[] = [],
): Promise<{ result: T; text: string }> {
  const { result, buffers } = await controller.client.request<T>(method, params, sent, PATIENCE_MS);
  return { result, text: buffers[0] ? await inflate(buffers[0]) : "" };
}

/** Asks first, with the number; the click is also what browsers want before they touch the clipboard. */
export function copyMany(controller: Controller, box: Box): void {
  const asked = blockOf(controller, box);
  const rows = box.rows.to - box.rows.from;
  const cells = plural(rows * asked.columns.length, "cell");
  const run = (): void => {
    controller.say(`Copying ${cells}…`, false);
    const text = block(controller, "copy", asked).then((answer) => answer.text);
    const blob = text.then((all) => new Blob([all], { type: "text/plain" }));
    // What went wrong in Python says more than what the browser makes of it.
    Promise.all([text, navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })])]).then(
      () => controller.say(`${cells} copied.`, false),
      (error) => isClosed(error) || controller.say(`Nothing was copied: ${messageOf(error)}`, true),
    );
  };
  const note = "The text is made in Python, with long values whole.";
  controller.show({
    kind: "confirm",
    title: `Copy ${cells} of ${plural(rows, "row")}?`,
    action: "Copy",
    note,
    run,
  });
}

/** Lays a block from the first selected cell; the number is said first, and every refused cell is listed after. */
export function pasteMany(controller: Controller, box: Box, text: string, height: number): void {
  const width = (text.slice(0, text.indexOf("\n")).match(/\t/g)?.length ?? 0) + 1;
  box.rows.to = Math.min(controller.rows, box.rows.from + height);
  box.ats.to = Math.min(controller.layout.places.length, box.ats.from + width);
  const asked = blockOf(controller, box);
  const title = `Paste about ${plural(height, "row")} of ${plural(width, "cell")}?`;
  const run = async (): Promise<void> => {
    controller.say("Pasting…", false);
    try {
      const { result } = await block<Pasted>(controller, "paste", asked, [await deflate(text)]);
      const first = result.refused > 0 ? await from(0) : [];
      const tail = result.same > 0 ? ` ${plural(result.same, "cell")} held it already.` : "";
      const rest = { total: result.refused, from };
      controller.report(result.staged, first, `${plural(result.staged, "cell")} pasted.${tail}`, rest);
    } catch (error) {
      if (!isClosed(error)) controller.say(`Nothing was pasted: ${messageOf(error)}`, true);
    }
  };
  const from = async (start: number): Promise<Refusal[]> => {
    const { refused } = await controller.ask<{ refused: Listed[] }>("refused", { start });
    return refused.map(({ row, key, ...one }) => ({ ...one, column: key, row: box.rows.from + row - 1 }));
  };
  controller.show({ kind: "confirm", title, action: "Paste", run: () => void run() });
}
