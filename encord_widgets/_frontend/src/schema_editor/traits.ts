// What Python tells the page, and the words it is told in.
import type { AnyModel } from "@anywidget/types";
import { type Cell, count, plural } from "../shared/cells";

export type KeyState = "live" | "deleted" | "deleted for good" | "unknown type" | "not in the schema";

export interface KeyRow {
  key: string;
  /** Encord's type; empty for a key that the schema does not list. */
  kind: string;
  type_label: string;
  options: string[];
  state: KeyState;
  /** What a save would do to it. */
  staged: "" | "added" | "changed" | "deleted" | "restored";
  /** "number → text". */
  staged_text: string;
  /** Of the items in view; null while it is not known. */
  used: number | null;
  misfits: number | null;
  samples: Cell[];
  inferred: { kind: string; label: string; fits: number; of: number } | null;
  /** What can be done to it, by the names of the requests. */
  actions: string[];
  /** Types that it can be declared as. */
  retypes: string[];
}

export interface TypeOffer {
  kind: string;
  label: string;
  hint: string;
}

export interface StagedKey {
  key: string;
  change: "added" | "changed" | "deleted" | "restored";
  text: string;
  /** What Encord's documentation advises against. */
  advice: string[];
}

export interface Conflict {
  key: string;
  base: string;
  ours: string;
  theirs: string;
}

export interface Summary {
  /** How many items are in view; null without an item set. */
  items: number | null;
  source: string;
  counting: boolean;
  changes: StagedKey[];
  problems: { key: string; text: string }[];
  /** Keys that a save deletes: they have to be confirmed. */
  deletes: string[];
  conflicts: Conflict[];
  saving: boolean;
  can_undo: boolean;
  can_redo: boolean;
  types: TypeOffer[];
}

export interface Impact {
  key: string;
  to: string;
  deletes: boolean;
  /** Values that would not fit, of how many; those that fit as it is; misfits that would fit. */
  broken: number;
  of: number;
  breaks: number;
  mends: number;
  examples: { item: string; name: string | null; value: Cell; count: number }[];
}

export interface Outcome {
  ok: boolean;
  text: string;
  details: string[];
}

export interface Step {
  title: string;
  text: string;
  state: "done" | "next" | "waiting";
  note: string;
}

export interface Migration {
  title: string;
  steps: Step[];
  review: {
    edits: number;
    items: number;
    moves: { before: Cell; after: Cell; count: number }[];
    more: number;
    left: { value: Cell; reason: string; count: number }[];
  } | null;
  running: boolean;
  progress: { text: string; done: number; total: number } | null;
  /** Key that the next step deletes; empty if it deletes none. */
  retires: string;
  finished: boolean;
  /** What has to be settled before values can move. */
  blocked: string;
}

const NOTHING: Summary = {
  items: null,
  source: "",
  counting: false,
  changes: [],
  problems: [],
  deletes: [],
  conflicts: [],
  saving: false,
  can_undo: false,
  can_redo: false,
  types: [],
};

export function summaryOf(model: AnyModel): Summary {
  return (model.get("summary") as Summary | null) ?? NOTHING;
}
export function rowsOf(model: AnyModel): KeyRow[] {
  return (model.get("rows") as KeyRow[] | null) ?? [];
}

/** "13 keys, 1 deleted, 1 not in the schema". */
export function headline(rows: readonly KeyRow[]): string {
  const of = (state: KeyState): number => rows.filter((row) => row.state === state).length;
  const parts = [plural(of("live") + of("unknown type"), "key")];
  const gone = of("deleted") + of("deleted for good");
  if (gone > 0) parts.push(`${count(gone)} deleted`);
  const loose = of("not in the schema");
  if (loose > 0) parts.push(`${count(loose)} not in the schema`);
  return parts.join(", ");
}

/** Rows whose key, type or an option holds the text. */
export function found(rows: readonly KeyRow[], text: string): KeyRow[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [...rows];
  return rows.filter((row) =>
    [row.key, row.type_label, row.state, ...row.options].some((one) => one.toLowerCase().includes(wanted)),
  );
}

/** What has to be typed before a save deletes: the name of the one key, or how many there are. */
export function wordFor(deletes: readonly string[]): string {
  return deletes.length === 1 ? (deletes[0] as string) : String(deletes.length);
}

export function agrees(typed: string, deletes: readonly string[]): boolean {
  return deletes.length > 0 && typed.trim() === wordFor(deletes).trim();
}

/** "Save 2 changes: 1 added, 1 deleted". */
export function sentence(changes: readonly StagedKey[]): string {
  if (changes.length === 0) return "Nothing is staged on the schema.";
  const kinds = ["added", "changed", "deleted", "restored"] as const;
  const parts = kinds
    .map((kind) => [kind, changes.filter((one) => one.change === kind).length] as const)
    .filter(([, n]) => n > 0)
    .map(([kind, n]) => `${count(n)} ${kind}`);
  return `${plural(changes.length, "key")} to save: ${parts.join(", ")}.`;
}

/** Why nothing can be saved now, or null. */
export function reasonNot(summary: Summary): string | null {
  if (summary.saving) return "Saving…";
  if (summary.conflicts.length > 0) return "Settle first what somebody else changed meanwhile.";
  if (summary.changes.length === 0) return "Nothing is staged on the schema.";
  if (summary.problems.length > 0)
    return `Encord's rules stand against ${summary.problems.length === 1 ? "one of them" : `${count(summary.problems.length)} of them`}: see below.`;
  return null;
}

/** Options as typed: one a line, or separated by commas; doubles go. */
export function optionsOf(text: string): string[] {
  const separator = text.includes("\n") ? "\n" : ",";
  return [...new Set(text.split(separator).map((one) => one.trim()))].filter((one) => one !== "");
}

/** "add as number: 1,204 of 1,210 values fit". */
export function offer(inferred: { label: string; fits: number; of: number }): string {
  const { fits, of } = inferred;
  const how =
    fits === of
      ? of === 1
        ? "the value fits"
        : `all ${count(of)} values fit`
      : `${count(fits)} of ${count(of)} values fit`;
  return `Add as ${inferred.label}: ${how}`;
}

export interface Look {
  sign: string;
  word: string;
  tone: "" | "soft" | "staged" | "bad";
}

export function lookOf(row: KeyRow): Look {
  switch (row.staged) {
    case "added":
      return { sign: "+", word: "added, not saved", tone: "staged" };
    case "changed":
      return { sign: "•", word: "changed, not saved", tone: "staged" };
    case "restored":
      return { sign: "↺", word: "restored, not saved", tone: "staged" };
    case "deleted":
      return {
        sign: "−",
        word: row.state === "deleted for good" ? "deleted for good, not saved" : "deleted, not saved",
        tone: "bad",
      };
  }
  switch (row.state) {
    case "live":
      return { sign: "✓", word: "live", tone: "" };
    case "deleted":
      return { sign: "−", word: "deleted", tone: "soft" };
    case "deleted for good":
      return { sign: "⊖", word: "deleted for good", tone: "soft" };
    case "unknown type":
      return { sign: "?", word: "unknown type, kept as it is", tone: "soft" };
    default:
      return { sign: "○", word: "not in the schema", tone: "soft" };
  }
}

/** "398 of 412 values in view would not fit boolean". */
export function told({ deletes, broken, of, breaks, mends, to }: Impact): string {
  if (of === 0) return "No item in view has a value.";
  if (deletes) return `${plural(broken, "value")} in view would stay, untyped and not indexed`;
  const more = mends > 0 ? `; ${count(mends)} would fit that ${mends === 1 ? "does" : "do"} not now` : "";
  if (broken === 0) return `All ${plural(of, "value")} in view fit${more}.`;
  const now = breaks === broken ? "" : `, ${breaks === 0 ? "none" : count(breaks)} of them fit now`;
  return `${count(broken)} of ${plural(of, "value")} in view would not fit ${to}${now}${more}`;
}
