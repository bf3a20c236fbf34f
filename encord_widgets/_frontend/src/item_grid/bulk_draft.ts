// What the dialog for bulk edits asks for: which fields belong to which operation, and when they say enough.
import type { Cell } from "../shared/cells";

export type Operation =
  | "set"
  | "clear"
  | "unset"
  | "fill_down"
  | "replace"
  | "copy_key"
  | "rename_key"
  | "map"
  | "combine"
  | "split";

export const OPERATIONS: [Operation, string][] = [
  ["set", "Set a value"],
  ["clear", "Set to null"],
  ["unset", "Remove the key"],
  ["fill_down", "Fill down"],
  ["replace", "Find and replace"],
  ["copy_key", "Copy to another key"],
  ["rename_key", "Rename (move to another key)"],
  ["map", "Python expression"],
  ["combine", "Combine keys"],
  ["split", "Split into keys"],
];

export interface Draft {
  operation: Operation;
  key: string;
  value: string;
  fill: "unset" | "empty" | "all";
  find: string;
  replacement: string;
  regex: boolean;
  any_case: boolean;
  whole: boolean;
  into: string;
  over: boolean;
  expression: string;
  template: string;
  separator: string;
}

/** A metadata key that can be edited, as Python lists it. */
export interface BulkKey {
  key: string;
  type: string;
  type_label: string;
  options: string[];
}

/** One cell that would change, or that was refused. */
export interface BulkCell {
  item: string;
  name: string;
  key: string;
  before: Cell;
  after: Cell;
  reason: string;
}

/** What an edit would do, or did. */
export interface BulkReport {
  id: number;
  python: string;
  text: string;
  items: number;
  cells: number;
  refused: number;
  sample: BulkCell[];
  listed: BulkCell[];
  reasons: { reason: string; count: number }[];
  more_reasons: number;
}

type Field = Exclude<keyof Draft, "operation" | "key">;

const FIELDS: Record<Operation, Field[]> = {
  set: ["value"],
  clear: [],
  unset: [],
  fill_down: ["fill"],
  replace: ["find", "replacement", "regex", "any_case", "whole"],
  copy_key: ["into", "over"],
  rename_key: ["into", "over"],
  map: ["expression"],
  combine: ["template", "over"],
  split: ["separator", "into", "over"],
};

/** Texts without which an operation says nothing. */
const NEEDED = new Set<Field>(["value", "find", "into", "expression", "template", "separator"]);

export function draftOf(operation: Operation, key: string): Draft {
  return {
    operation,
    key,
    value: "",
    fill: "unset",
    find: "",
    replacement: "",
    regex: false,
    any_case: false,
    whole: false,
    into: "",
    over: false,
    expression: "",
    template: "",
    separator: "_",
  };
}

/** The edit as Python is asked for it; null while something is missing. */
export function editOf(draft: Draft): Record<string, string | boolean> | null {
  const { operation, key } = draft;
  const missing = (field: Field): boolean => {
    // The empty text can be found where the whole value must match.
    if (field === "find" && draft.whole) return false;
    return NEEDED.has(field) && draft[field] === "";
  };
  const fields = FIELDS[operation];
  if (!key || fields.some(missing)) return null;
  return { operation, key, ...Object.fromEntries(fields.map((field) => [field, draft[field]])) };
}

/** Whether it can stay a rule: looked at again when the items are read again. */
export function canBeRule(operation: Operation): boolean {
  return operation === "set" || operation === "clear" || operation === "unset";
}

/** Whether the key may be one that nobody has used yet. */
export function takesNewKey(operation: Operation): boolean {
  return operation === "set" || operation === "map" || operation === "combine";
}
