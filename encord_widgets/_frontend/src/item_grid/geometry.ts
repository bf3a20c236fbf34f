// Where rows and columns are. Pure functions: everything in CSS pixels.
import type { Column } from "../shared/cells";

export const ROW = 34;
export const HEADER = 60;
export const GUTTER = 70;
export const THUMB = 46;
export const MIN_WIDTH = 60;
export const MAX_WIDTH = 900;
/** Browsers stop at about 17 million px (Firefox); beyond this the scroll position is mapped to rows. */
export const MAX_SPACER = 10_000_000;

export function spacerHeight(rows: number): number {
  return Math.min(rows * ROW, MAX_SPACER);
}

export function isMapped(rows: number): boolean {
  return rows * ROW > MAX_SPACER;
}

/** `body` is the height of the rows' part of the viewport. */
export function toLogical(scrollTop: number, rows: number, body: number): number {
  const real = Math.max(0, rows * ROW - body);
  const shown = Math.max(0, spacerHeight(rows) - body);
  return shown === 0 ? 0 : Math.min(real, Math.max(0, (scrollTop / shown) * real));
}

export function toScroll(logical: number, rows: number, body: number): number {
  const real = Math.max(0, rows * ROW - body);
  const shown = Math.max(0, spacerHeight(rows) - body);
  return real === 0 ? 0 : Math.min(shown, Math.max(0, (logical / real) * shown));
}

export interface Range {
  from: number;
  to: number;
}

export function rowsOnScreen(logical: number, body: number, rows: number): Range {
  const from = Math.max(0, Math.min(rows, Math.floor(logical / ROW)));
  return { from, to: Math.min(rows, Math.ceil((logical + body) / ROW)) };
}

export interface Place {
  /** Index in the `columns` trait. */
  index: number;
  column: Column;
  left: number;
  width: number;
  frozen: boolean;
}

export interface Layout {
  places: Place[];
  frozen: number;
  width: number;
}

/** Narrower than this no name stays in sight; from here to `ROOMY` it is cut to leave room for a value. */
const NARROW = 380;
const ROOMY = 560;

/** Columns in the order they are shown: the name first and frozen where there is room. */
export function layoutColumns(
  columns: Column[],
  widths: ReadonlyMap<string, number>,
  viewport: number,
): Layout {
  const name = viewport >= NARROW ? columns.findIndex((column) => column.id === "field:name") : -1;
  const order = columns.map((_, index) => index);
  if (name > 0) order.unshift(...order.splice(name, 1));
  let left = GUTTER + THUMB;
  const places = order.map((index): Place => {
    const column = columns[index] as Column;
    const wanted = clampWidth(widths.get(column.id) ?? column.width);
    const width = index === name && viewport < ROOMY ? Math.min(wanted, Math.round(viewport * 0.3)) : wanted;
    const place = { index, column, left, width, frozen: index === name };
    left += width;
    return place;
  });
  const frozen = places[0]?.frozen ? places[0].left + places[0].width : GUTTER + THUMB;
  return { places, frozen, width: left };
}

export function clampWidth(width: number): number {
  return Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, Math.round(width || 120)));
}

/** The columns on screen, as a range of shown positions; frozen ones are always drawn beside it. */
export function columnsOnScreen(layout: Layout, scrollLeft: number, viewport: number): Range {
  const { places, frozen } = layout;
  let from = places.findIndex((place) => !place.frozen && place.left + place.width > scrollLeft + frozen);
  if (from < 0) from = places.length;
  let to = from;
  while (to < places.length && (places[to] as Place).left < scrollLeft + viewport) to++;
  return { from, to };
}
