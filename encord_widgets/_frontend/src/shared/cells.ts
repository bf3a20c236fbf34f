// Cells as Python encodes them, and how they read on screen.

/** 0 = absent, null = null, ["n", text] a number, ["j", json, length] an object or array (one of numbers, where cut, with its size and norm), ["t", start, length] a long text. */
export type Cell =
  | 0
  | null
  | boolean
  | string
  | ["n", string]
  | ["j", string, number]
  | ["j", string, number, number, string]
  | ["t", string, number];

export type StateName =
  | "staged"
  | "invalid"
  | "conflict"
  | "verified"
  | "refused"
  | "failed"
  | "differs"
  | "already"
  | "updated"
  | "pending";

export interface CellState {
  state: StateName;
  before?: Cell;
  note?: string;
}

export interface Column {
  id: string;
  label: string;
  kind: "field" | "key";
  type: string;
  type_label: string;
  /** What an editor takes, in words; empty where the type says it all. */
  hint: string;
  options: string[];
  editable: boolean;
  deleted: boolean;
  width: number;
}

export type CellKind = "absent" | "null" | "boolean" | "number" | "text" | "json";

export function kindOf(cell: Cell): CellKind {
  if (cell === 0) return "absent";
  if (cell === null) return "null";
  if (typeof cell === "boolean") return "boolean";
  if (typeof cell === "string") return "text";
  if (cell[0] === "n") return "number";
  return cell[0] === "j" ? "json" : "text";
}

export function isTruncated(cell: Cell): boolean {
  return Array.isArray(cell) && cell[0] !== "n" && cell[1].length < (cell[2] ?? 0);
}

export function sameCell(a: Cell, b: Cell): boolean {
  if (a === b) return true;
  return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((part, i) => part === b[i]);
}

/** The cell as bare text: what an editor starts with and what a copy holds. Absent is "". */
export function textOf(cell: Cell): string {
  if (cell === 0) return "";
  if (cell === null) return "null";
  if (typeof cell === "boolean") return cell ? "true" : "false";
  if (typeof cell === "string") return cell;
  return cell[1];
}

/** The cell as JSON, as far as it is here. */
export function jsonOf(cell: Cell): string {
  if (cell === 0) return "";
  if (typeof cell === "string") return JSON.stringify(cell);
  if (Array.isArray(cell) && cell[0] === "t") return JSON.stringify(cell[1]);
  return textOf(cell);
}

const TEXT_TYPES = new Set([
  "varchar",
  "text",
  "string",
  "uuid",
  "user",
  "enum",
  "datetime",
  "unknown",
  "deleted",
  "geospatial",
  "embedding",
]);

/** What a cell shows. A text where another type belongs keeps its quotes, so "100" never passes for 100. */
export function display(cell: Cell, type: string): string {
  const kind = kindOf(cell);
  if (kind === "absent") return "—";
  if (kind === "boolean") return cell ? "✓ true" : "✗ false";
  const text = textOf(cell);
  if (kind === "text") {
    const shown = isTruncated(cell) ? `${text}…` : text;
    return text === "" || !TEXT_TYPES.has(type) ? JSON.stringify(shown) : shown;
  }
  if (kind === "json") {
    const special = type === "geospatial" ? pointOf(text) : type === "embedding" ? vectorOf(cell) : null;
    return special ?? (isTruncated(cell) ? `${text}…` : text);
  }
  return text;
}

/** "lat, lon" of a geospatial value, or null when it is no such value. */
export function pointOf(json: string): string | null {
  try {
    const value = JSON.parse(json) as { latitude?: unknown; longitude?: unknown } | null;
    const numbers = /"latitude"\s*:\s*([^,}\s]+).*"longitude"\s*:\s*([^,}\s]+)/.exec(json);
    if (typeof value?.latitude === "number" && typeof value.longitude === "number") {
      // The text as it was sent keeps digits that a float would lose.
      return numbers ? `${numbers[1]}, ${numbers[2]}` : `${value.latitude}, ${value.longitude}`;
    }
  } catch {
    // Cut or otherwise not JSON: shown as it is.
  }
  return null;
}

/** Size and norm of a list of numbers, or null when it is no such list. */
export function vectorOf(cell: Cell): string | null {
  if (!Array.isArray(cell) || cell[0] !== "j") return null;
  let [, json, , size, norm] = cell;
  if (size === undefined) {
    if (isTruncated(cell)) return null;
    const value: unknown = JSON.parse(json);
    if (!Array.isArray(value) || !value.every((one) => typeof one === "number")) return null;
    size = value.length;
    norm = `${Number(Math.hypot(...value).toPrecision(4))}`;
  }
  return `${plural(size, "number")}, norm ${norm}`;
}

/** One phrase for screen readers and tooltips. */
export function spoken(cell: Cell, type: string): string {
  switch (kindOf(cell)) {
    case "absent":
      return "not set";
    case "null":
      return "null";
    case "boolean":
      return cell ? "true" : "false";
    default:
      return display(cell, type);
  }
}

export interface StateLook {
  sign: string;
  word: string;
}

export function stateLook(state: string): StateLook {
  switch (state) {
    case "staged":
      return { sign: "•", word: "staged" };
    case "invalid":
      return { sign: "⚠", word: "does not fit the schema" };
    case "conflict":
      return { sign: "≠", word: "conflict" };
    case "verified":
      return { sign: "✓", word: "verified" };
    case "already":
      return { sign: "≡", word: "already there" };
    case "updated":
      return { sign: "↻", word: "changed in Encord" };
    case "refused":
      return { sign: "⊘", word: "refused" };
    case "failed":
      return { sign: "✕", word: "failed" };
    case "differs":
      return { sign: "≉", word: "reads back differently" };
    case "destroyed":
      return { sign: "⊖", word: "destroyed by overwrite" };
    case "pending":
      return { sign: "…", word: "pending" };
    default:
      return { sign: "?", word: state };
  }
}

export function count(n: number): string {
  return n.toLocaleString("en-US");
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}
