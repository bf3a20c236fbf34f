// What Python says to the browser and back. Numbers travel as text, so that no digit is lost.

/** 0 = not filled in yet, ["n", text] a number, ["j", json] an object or array; other JSON values as they are. */
export type Val = 0 | null | boolean | string | ["n", string] | ["j", string];

interface Common {
  id: string;
  muted: boolean;
  /** The negations around it, outermost first; each says whether it is muted. */
  nots: boolean[];
}

export interface RuleNode extends Common {
  kind: "rule";
  /** Empty until a column is chosen. */
  column: string;
  op: string;
  values: Val[];
}

export interface GroupNode extends Common {
  kind: "and" | "or";
  parts: TreeNode[];
  /** Has no parts on purpose; other empty groups are not filled in yet. */
  bare?: boolean;
}

export type TreeNode = RuleNode | GroupNode;

export interface FilterColumn {
  id: string;
  label: string;
  kind: "field" | "key" | "state";
  type: string;
  type_label: string;
  options: string[];
  /** Operators that it is offered, the likeliest first. */
  ops: string[];
  /** Whether its values can be counted in the panel beside. */
  facet: boolean;
}

export interface FilterArgument {
  name: string;
  /** "value" and "bound" are of the column's own type. */
  kind: string;
  optional: boolean;
  many: boolean;
}

export interface FilterOperator {
  name: string;
  label: string;
  arguments: FilterArgument[];
  /** Name of the variant to which upper and lower case are the same. */
  any_case: string | null;
}

/** [how many items it holds for, how many its group would gain (or, in an any-of group, lose) without it]. */
export type NodeCount = [number, number];

export interface Counts {
  total: number;
  matches: number;
  by: Record<string, NodeCount>;
  /** How many are in view, and how many would come or go if the filter looked again. */
  in_view: number;
  moved: number;
}

export interface Named {
  name: string;
  text: string;
}

export interface TextError {
  message: string;
  position: number;
}

export interface Checked {
  error: TextError | null;
  /** How many items would match. */
  matches: number | null;
}

export interface Facet {
  column: string;
  kind: "histogram" | "dates" | "values" | "booleans";
  /** Histogram and dates (in seconds since 1970): one more edge than bars. */
  edges: number[];
  /** All items, and those that the filter keeps. */
  bars: number[];
  kept: number[];
  /** `kept` is null where it would take long to tell. */
  values: { value: Val; text: string; count: number; kept: number | null }[];
  /** Further distinct values that are not listed. */
  more: number;
  absent: number;
  null: number;
  /** Values of other types, by stored JSON type. */
  others: Record<string, number>;
}

export interface Code {
  text: string;
  python: string;
  pandas: string;
  json: string;
}

export const TRAITS = [
  "tree",
  "problems",
  "text",
  "counts",
  "columns",
  "operators",
  "named",
  "error",
] as const;
