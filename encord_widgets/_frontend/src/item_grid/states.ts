// What a view of the grid can be in the middle of: an open editor, a dialog, a selection.
import type { Cell, CellState, Column } from "../shared/cells";
import type { Operation } from "./bulk_draft";
import type { Range } from "./geometry";

export interface EditorState {
  session: number;
  item: string;
  column: Column;
  row: number;
  before: Cell;
  /** Text that replaces the content: what was typed, or what was refused. */
  text: string | null;
  reason: string | null;
}

export interface ShownCell {
  item: string;
  cell: Cell;
  state: CellState | undefined;
  pending: boolean;
}

export type DialogState =
  | { kind: "help" }
  | { kind: "bulk"; operation: Operation; column?: Column }
  | { kind: "filter"; column: Column; left: number; top: number }
  | { kind: "problems"; problems: { item: string | null; name: string | null; reason: string }[] | null }
  | { kind: "confirm"; title: string; action: string; note?: string; run(): void }
  | { kind: "cell"; column: Column; facts: CellFacts | null; problem: string | null }
  | { kind: "refused"; title: string; staged: number; refused: Refusal[]; rest?: Rest };

/** Refused cells that Python still keeps: how many there are in all, and those from one place on. */
export interface Rest {
  total: number;
  from(start: number): Promise<Refusal[]>;
}

/** A cell that did not take what was meant for it. */
export interface Refusal {
  /** View row when it was pasted, -1 for none. */
  row: number;
  name: string;
  column: string;
  text: string;
  reason: string;
}

/** What Python says of one cell: values as JSON, "" for absent. */
export interface CellFacts {
  json: string;
  absent: boolean;
  /** As Encord held it when it was read. */
  read: string;
  held: string;
  type_label: string;
  hint: string;
  item: string;
  name: string;
  /** What a commit would send; null when nothing is staged. */
  sends: string | null;
  state: string | null;
  note: string | null;
}

export interface Box {
  rows: Range;
  ats: Range;
}

/** Rows that the page takes in hand; copies and pastes of more are made in Python. */
export const MAX_ROWS = 5_000;

export function keyName(column: Column): string {
  return column.id.replace(/^(key|field):/, "");
}

export function readOnlyReason(column: Column): string {
  if (column.kind === "field") return `${column.label} is a field of the item and cannot be edited here.`;
  if (column.deleted) return `${column.label} was deleted from the schema and cannot be edited.`;
  return `${column.label} cannot be edited.`;
}
