// What one view of the grid shows: its columns and their widths, how far it is scrolled.
import type { AnyModel } from "@anywidget/types";
import type { Column } from "../shared/cells";
import {
  clampWidth,
  columnsOnScreen,
  HEADER,
  type Layout,
  layoutColumns,
  type Place,
  type Range,
  ROW,
  rowsOnScreen,
  toLogical,
  toScroll,
} from "./geometry";
import { type GridView, readColumns, readHeight, readView } from "./traits";

/** A cell by where it is shown: view row (-1 is the header) and position among the shown columns. */
export interface Spot {
  row: number;
  at: number;
}

export abstract class Viewport {
  readonly widths = new Map<string, number>();
  view!: GridView;
  columns!: Column[];
  height!: number;
  layout: Layout;
  /** Size of the scrolling box: its width, and the height of the rows' part. */
  width = 800;
  body: number;
  top = 0;
  left = 0;
  scroller: HTMLElement | null = null;
  /** Where the pointer took hold of a column's edge, less its width. */
  drag: number | null = null;

  constructor(model: AnyModel) {
    this.read(model);
    this.body = this.height - HEADER;
    this.layout = layoutColumns(this.columns, this.widths, this.width);
  }

  abstract redraw(): void;
  /** What is on screen changed. */
  protected abstract look(): void;

  protected read(model: AnyModel): void {
    this.view = readView(model);
    this.columns = readColumns(model);
    this.height = readHeight(model);
  }

  protected arrange(): void {
    this.layout = layoutColumns(this.columns, this.widths, this.width);
  }

  place(at: number): Place | undefined {
    return this.layout.places[at];
  }

  get rows(): number {
    return this.view.rows;
  }

  visibleRows(): Range {
    return rowsOnScreen(this.top, this.body, this.rows);
  }

  visibleColumns(): Range {
    return columnsOnScreen(this.layout, this.left, this.width);
  }

  /** The keyboard is in the grid, or nowhere. */
  hasFocus(): boolean {
    return this.#focused() === this.scroller?.ownerDocument.body || this.within();
  }

  protected within(): boolean {
    return !!this.scroller?.contains(this.#focused() ?? null);
  }

  #focused(): Element | null | undefined {
    return (this.scroller?.getRootNode() as Document | ShadowRoot | undefined)?.activeElement;
  }

  resize(width: number, height: number): void {
    const body = Math.max(ROW, height - HEADER);
    if (width === this.width && body === this.body) return;
    this.width = width;
    this.body = body;
    this.arrange();
    this.look();
    this.redraw();
  }

  setWidth(id: string, width: number): void {
    this.widths.set(id, clampWidth(width));
    this.arrange();
    this.look();
    this.redraw();
  }

  scrolled(scrollTop: number, scrollLeft: number): void {
    const expected = toScroll(this.top, this.rows, this.body);
    // Positions that this view set itself are rounded by the browser: keep the exact one.
    const top = Math.abs(scrollTop - expected) <= 1 ? this.top : toLogical(scrollTop, this.rows, this.body);
    if (top === this.top && scrollLeft === this.left) return;
    this.top = top;
    this.left = scrollLeft;
    this.look();
    this.redraw();
  }

  /** Scrolls by real pixels, also where the scroll bar is mapped. */
  scrollBy(pixels: number): boolean {
    const before = this.top;
    this.setTop(this.top + pixels);
    this.look();
    this.redraw();
    return this.top !== before;
  }

  protected setTop(top: number): void {
    this.top = Math.min(Math.max(0, this.rows * ROW - this.body), Math.max(0, top));
    const scrollTop = toScroll(this.top, this.rows, this.body);
    if (this.scroller && Math.abs(this.scroller.scrollTop - scrollTop) > 1)
      this.scroller.scrollTop = scrollTop;
  }

  protected reveal({ row, at }: Spot): void {
    if (row >= 0) {
      const y = row * ROW;
      if (y < this.top) this.setTop(y);
      else if (y + ROW > this.top + this.body) this.setTop(y + ROW - this.body);
    }
    const place = this.layout.places[at];
    if (place && !place.frozen && this.scroller) {
      const start = place.left - this.layout.frozen;
      const end = place.left + place.width - this.width;
      let left = this.left;
      if (end > left) left = end;
      if (start < left) left = start;
      if (left !== this.left) {
        this.left = Math.max(0, left);
        this.scroller.scrollLeft = this.left;
      }
    }
    this.look();
  }
}
