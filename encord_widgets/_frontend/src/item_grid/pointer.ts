// Mouse and pen: click focuses, drag selects, double click edits, the row number takes the whole row.
import type { Controller } from "./controller";
import { HEADER, ROW } from "./geometry";
import type { Spot } from "./viewport";

export function followPointer(controller: Controller, scroller: HTMLElement, signal: AbortSignal): void {
  let dragging = false;

  const spotAt = (event: MouseEvent): Spot | null => {
    const target = event.target as Element | null;
    const cell = target?.closest?.<HTMLElement>("[data-row]");
    if (target?.closest?.(".ecw-editor")) return null;
    if (!cell || !scroller.contains(cell)) return null;
    return { row: Number(cell.dataset.row), at: Number(cell.dataset.at) };
  };
  const down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const spot = spotAt(event);
    if (!spot) return;
    event.preventDefault();
    if (spot.at < 0) {
      const last = controller.layout.places.length - 1;
      const from = event.shiftKey ? controller.anchor.row : spot.row;
      controller.selectBox({ row: from, at: last }, { row: spot.row, at: 0 });
      return;
    }
    // Focus moves by hand: an open editor loses it here, and keeps what it holds.
    controller.moveTo(spot, { extend: event.shiftKey });
    if (event.pointerType === "touch") return;
    dragging = true;
  };
  const move = (event: PointerEvent): void => {
    if (!dragging) return;
    const box = scroller.getBoundingClientRect();
    const y = event.clientY - box.top - HEADER + controller.top;
    const x = event.clientX - box.left;
    const { places, frozen } = controller.layout;
    const real = x < frozen ? x : x + controller.left;
    let at = places.findIndex((place) => real < place.left + place.width);
    if (at < 0) at = places.length - 1;
    const row = Math.max(0, Math.floor(y / ROW));
    if (row === controller.active.row && at === controller.active.at) return;
    // Only a real drag takes the pointer: a captured one would send the double click elsewhere.
    try {
      scroller.setPointerCapture(event.pointerId);
    } catch {
      // The pointer is already gone.
    }
    controller.moveTo({ row, at }, { extend: true });
  };
  const up = (): void => {
    dragging = false;
  };
  const mouseDown = (event: MouseEvent): void => {
    // Without this the browser would focus the cell first and start a text selection.
    if (spotAt(event)) event.preventDefault();
  };
  const double = (event: MouseEvent): void => {
    const spot = spotAt(event);
    if (spot && spot.at >= 0 && spot.row >= 0) controller.open();
  };
  scroller.addEventListener("pointerdown", down, { signal });
  scroller.addEventListener("pointermove", move, { signal });
  scroller.addEventListener("pointerup", up, { signal });
  scroller.addEventListener("pointercancel", up, { signal });
  scroller.addEventListener("mousedown", mouseDown, { signal });
  scroller.addEventListener("dblclick", double, { signal });
}
