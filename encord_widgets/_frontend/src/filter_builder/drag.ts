// Dragging a node by its handle, with mouse, pen or finger.
import type { BuilderController } from "./controller";
import { dropAt, find, moveNode, type RowBox } from "./tree";

const SLACK = 4;

function rowsOf(controller: BuilderController, dragged: string): RowBox[] {
  const moved = find(controller.tree, dragged)?.node;
  const rows: RowBox[] = [];
  for (const row of controller.root.querySelectorAll<HTMLElement>("[data-row]")) {
    const [kind, id = ""] = (row.dataset.row ?? "").split(":");
    // Nothing can be put into itself.
    if (!moved || (id !== dragged && find(moved, id))) continue;
    if (id === dragged && kind === "foot") continue;
    const { top, bottom } = row.getBoundingClientRect();
    rows.push({ id, kind: kind as RowBox["kind"], top, bottom });
  }
  return rows;
}

/** Follows the pointer from its press on a handle until it is let go; Escape gives the drag up. */
export function startDrag(controller: BuilderController, id: string, event: PointerEvent): void {
  if (event.button !== 0) return;
  const handle = event.currentTarget as HTMLElement;
  const from = event.clientY;
  const page = handle.ownerDocument;
  const ended = new AbortController();
  const on = { signal: ended.signal };
  const move = (at: PointerEvent): void => {
    if (controller.dragged !== id) {
      if (Math.abs(at.clientY - from) < SLACK) return;
      controller.dragged = id;
    }
    const target = dropAt(rowsOf(controller, id), at.clientY);
    const moves = target && moveNode(controller.tree, id, target.id, target.where);
    controller.dropOn = moves ? target : null;
    controller.update();
  };
  const end = (drop: boolean): void => {
    ended.abort();
    if (!drop) controller.dropOn = null;
    if (controller.dragged === id) controller.drop();
  };
  handle.setPointerCapture?.(event.pointerId);
  page.addEventListener("pointermove", move, on);
  page.addEventListener("pointerup", () => end(true), on);
  page.addEventListener("pointercancel", () => end(false), on);
  page.addEventListener(
    "keydown",
    (key) => {
      if (key.key !== "Escape") return;
      key.stopPropagation();
      end(false);
    },
    { ...on, capture: true },
  );
}
