// The synced traits of ItemGrid, as Python declares them.
import type { AnyModel } from "@anywidget/types";
import type { Column } from "../shared/cells";

/** The filter in force on the item set, which every grid and builder on it shares. */
export interface FilterInForce {
  text: string;
  total: number;
  in_view: number;
  /** Items that it matches by now, staged values included. */
  matching: number;
  /** Items that come or go when it is applied again. */
  moved: number;
  /** Ids of the columns that it asks about. */
  columns: string[];
}

export interface GridView {
  generation: number;
  /** Number of the order of rows; it rises whenever rows can have moved. */
  order: number;
  rows: number;
  total: number;
  expected: number | null;
  loading: boolean;
  load_error: string | null;
  /** What is wrong with a request that is being sent again. */
  trouble: string | null;
  sort: { column: string; descending: boolean } | null;
  search: string;
  filter: FilterInForce | null;
  staged: number;
  can_undo: boolean;
  can_redo: boolean;
  title: string;
  problems: number;
  /** Of when the values are, where that needs saying: from the cache, or read again. */
  as_of: string;
  /** Where others look: each turn brings a row, and the column where one is named, into view once. */
  look: { row: number; column: string | null; turn: number } | null;
}

const NOTHING: GridView = {
  generation: 0,
  order: 0,
  rows: 0,
  total: 0,
  expected: null,
  loading: false,
  load_error: null,
  trouble: null,
  sort: null,
  search: "",
  filter: null,
  staged: 0,
  can_undo: false,
  can_redo: false,
  title: "",
  problems: 0,
  as_of: "",
  look: null,
};

export const TRAITS = ["columns", "status", "height", "error"] as const;

export function readView(model: AnyModel): GridView {
  return { ...NOTHING, ...((model.get("status") as Partial<GridView> | null) ?? {}) };
}

/** A column on the wire: without what its id and type say, and without what is empty. */
interface WireColumn {
  id: string;
  /** The place of a column before it that is like this one in all but its id; nothing else is said then. */
  like?: number;
  type: string;
  /** Only where the type itself does not say it. */
  type_label?: string;
  /** Only where it is not so that a key can be edited, and a field cannot. */
  editable?: boolean;
  width: number;
  hint?: string;
  options?: string[];
}

export function readColumns(model: AnyModel): Column[] {
  const told = (model.get("columns") as WireColumn[] | null) ?? [];
  return told.map((one) => {
    const { like, ...rest } = one;
    const column: WireColumn = like === undefined ? rest : { ...(told[like] ?? rest), id: one.id };
    const { id, type } = column;
    const at = id.indexOf(":");
    const kind = id.slice(0, at) as Column["kind"];
    return {
      label: id.slice(at + 1),
      kind,
      type_label: type,
      hint: "",
      options: [],
      editable: kind === "key",
      deleted: type === "deleted",
      ...column,
    };
  });
}

export function readHeight(model: AnyModel): number {
  return (model.get("height") as number | null) || 420;
}
