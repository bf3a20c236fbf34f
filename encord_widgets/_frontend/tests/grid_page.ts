// The native grid on a page, as hosts load it: the built bundle over a made up Python. Every test leaves the page empty.
import { afterEach, vi } from "vitest";
import { COLUMNS, type FakeGrid } from "../dev/fake_python";
import { type Rendered, show, strict, until } from "./strict_model";

const { default: bundle } = await import("../../static/item_grid.js" as string);

// jsdom lays nothing out: the grid is told a wide box.
for (const [name, value] of Object.entries({ clientWidth: 2_600, clientHeight: 420 })) {
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => value });
}

let views: Rendered[] = [];
afterEach(() => {
  for (const view of views) view.end();
  views = [];
  document.body.innerHTML = "";
  vi.unstubAllGlobals();
});

/** Draws a view, and does not wait for its rows. */
export function draw(model: FakeGrid, signal?: AbortSignal): Rendered {
  const view = show(bundle, strict(model), signal);
  views.push(view);
  return view;
}

export const ready = (root: Element): Promise<void> =>
  until(() => root.querySelector('[data-row="0"] .ecw-text'));

/** A view whose first rows are there. */
export async function open(model: FakeGrid): Promise<HTMLElement> {
  const { root } = draw(model);
  await ready(root);
  return root;
}

export function cell(root: Element, row: number, id: string): HTMLElement {
  const at = COLUMNS.findIndex((column) => column.id === id);
  const found = root.querySelector<HTMLElement>(`[data-row="${row}"][data-at="${at}"]`);
  if (!found) throw new Error(`No cell ${row} ${id}`);
  return found;
}

/** Clicks a cell. */
export function go(root: Element, row: number, id: string, shiftKey = false): HTMLElement {
  cell(root, row, id).dispatchEvent(new MouseEvent("pointerdown", { bubbles: true, button: 0, shiftKey }));
  document.dispatchEvent(new MouseEvent("pointerup", { bubbles: true }));
  return cell(root, row, id);
}

export function editor(root: Element): HTMLInputElement {
  return root.querySelector(".ecw-edit") as HTMLInputElement;
}
