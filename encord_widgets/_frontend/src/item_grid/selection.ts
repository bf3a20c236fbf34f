// Where the keyboard is in one view of the grid, and the box of cells that is selected.
import type { Box } from "./states";
import { type Spot, Viewport } from "./viewport";

export abstract class Selection extends Viewport {
  active: Spot = { row: 0, at: 0 };
  /** The other corner of the selection. */
  anchor: Spot = { row: 0, at: 0 };
  /** The next draw moves the browser's focus to the active cell. */
  wantFocus = false;

  /** The active cell or the selection is another one. */
  protected abstract moved(): void;

  box(): Box {
    const { active, anchor } = this;
    return {
      rows: { from: Math.max(0, Math.min(active.row, anchor.row)), to: Math.max(active.row, anchor.row) + 1 },
      ats: { from: Math.min(active.at, anchor.at), to: Math.max(active.at, anchor.at) + 1 },
    };
  }

  selected(row: number, at: number): boolean {
    const { rows, ats } = this.box();
    return row >= rows.from && row < rows.to && at >= ats.from && at < ats.to;
  }

  /** Moves the active cell; `extend` keeps the other corner of the selection. */
  moveTo(spot: Spot, { extend = false }: { extend?: boolean } = {}): void {
    this.active = extend ? { row: Math.max(0, spot.row), at: spot.at } : spot;
    this.clampActive();
    if (!extend) this.anchor = this.active;
    this.reveal(this.active);
    this.wantFocus = true;
    this.moved();
  }

  selectBox(from: Spot, to: Spot): void {
    this.anchor = from;
    this.active = to;
    this.clampActive();
    this.wantFocus = true;
    this.moved();
  }

  step({ row, at }: Spot, rows: number, cols: number): Spot {
    return {
      row: Math.max(-1, Math.min(this.rows - 1, row + rows)),
      at: Math.max(0, Math.min(this.layout.places.length - 1, at + cols)),
    };
  }

  protected clampActive(): void {
    const clamp = ({ row, at }: Spot): Spot => ({
      row: Math.max(-1, Math.min(row, this.rows - 1)),
      at: Math.max(0, Math.min(at, this.layout.places.length - 1)),
    });
    this.active = clamp(this.active);
    this.anchor = clamp(this.anchor);
  }

  /** The columns have other places: the active cell stays in its column. */
  protected override arrange(): void {
    const id = this.layout.places[this.active.at]?.column.id;
    super.arrange();
    const at = this.layout.places.findIndex((place) => place.column.id === id);
    if (at === this.active.at) return;
    this.active = { row: this.active.row, at: Math.max(0, at) };
    this.anchor = this.active;
  }
}
