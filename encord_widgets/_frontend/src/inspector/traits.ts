// What Python tells the page, and the words it is told in.
import { type Cell, count, isTruncated, kindOf, plural, textOf } from "../shared/cells";

/** A key that can be added, with its type. */
export interface Addable {
  key: string;
  type: string;
  type_label: string;
  options: string[];
}

export interface InspectorView {
  /** Uuid of what is shown; null while there is nothing to show. */
  item: string | null;
  title: string;
  loading: boolean;
  name: string;
  item_type: string;
  fields: { name: string; cell: Cell }[];
  kind: "image" | "video" | "audio" | "text" | "group" | "none";
  /** Why it is not shown. */
  note: string;
  fps: number | null;
  frames: number | null;
  staged: number;
  can_undo: boolean;
  can_redo: boolean;
  /** Whether edits go to a set of their own: the frames of a group that are not in the item set. */
  apart: boolean;
  addable: Addable[];
  /** Position among the items in view; null for one that a filter hides. */
  position: number | null;
  total: number;
  following: boolean;
}

/** One value of the tree. */
export interface Branch {
  key: string;
  cell: Cell;
  /** How many parts an object or a list has. */
  count: number;
  nested: boolean;
  /** Length of an embedding. */
  norm: number | null;
  /** The type that is stored, in a word. */
  held: string;
  /** The type of the schema, or else what is stored. */
  type: string;
  type_label: string;
  options: string[];
}

export interface MetadataRow extends Branch {
  state: string;
  note: string;
  /** What is stored, in a list, where another value is staged. */
  before: [Cell] | null;
}

export interface KeyFrame {
  label: string;
  seconds: number | null;
  keys: number;
  embeddings: [string, number][];
}

export interface OpenFrame extends KeyFrame {
  rows: MetadataRow[];
  addable: Addable[];
}

export interface Deprecated {
  key: string;
  cell: Cell;
  text: string;
  /** Why it cannot be moved; empty when it can. */
  reason: string;
}

export interface Block {
  present: boolean;
  sampling_rate: Cell;
  keyframe_mode: Cell;
  mode: "frame" | "seconds";
  meaning: string;
  frames: KeyFrame[];
  more: number;
  problems: { path: string; reason: string }[];
  unknown: string[];
  open: OpenFrame | null;
  deprecated: Deprecated | null;
}

export interface GroupFrame {
  item: string;
  name: string;
  image: boolean;
  staged: number;
}

export interface Group {
  item: string;
  name: string;
  opened: boolean;
  error: string;
  current: string | null;
  frames: GroupFrame[];
  more: number;
  staged: number;
  outcome: { ok: boolean; text: string } | null;
}

export type Shape = "choice" | "line" | "area";

const JSON_TYPES = new Set(["geospatial", "embedding", "list", "object"]);
const LONG = 60;

/** Whether a value is edited as JSON: what is typed is taken exactly. */
export function asJson(branch: Pick<Branch, "type" | "nested">): boolean {
  return branch.nested || JSON_TYPES.has(branch.type);
}

export function shapeOf(branch: Pick<Branch, "type" | "nested" | "options" | "cell">): Shape {
  if (branch.type === "boolean" || (branch.type === "enum" && branch.options.length > 0)) return "choice";
  if (asJson(branch) || branch.type === "text") return "area";
  return kindOf(branch.cell) === "text" && textOf(branch.cell).length > LONG ? "area" : "line";
}

export function choicesOf(branch: Pick<Branch, "type" | "options">): string[] {
  return branch.type === "boolean" ? ["true", "false"] : branch.options;
}

/** Whether the page holds the whole value, so that an editor can start with it. */
export function isWhole(cell: Cell): boolean {
  return !isTruncated(cell);
}

/** "text where number belongs" when a stored value is of another type than the schema's. */
export function typeText(branch: Branch): string {
  const { held, type, type_label } = branch;
  if (held === type || held === "absent" || held === "null") return type_label;
  const texts = ["varchar", "text", "enum", "datetime", "uuid", "user", "unknown", "deleted"];
  const fits =
    (held === "text" && texts.includes(type)) ||
    (held === "list" && type === "embedding") ||
    (held === "object" && type === "geospatial");
  return fits ? type_label : `${type_label}, stored as ${held}`;
}

export function partsOf(branch: Branch): string {
  if (branch.norm !== null)
    return `${plural(branch.count, "number")}, norm ${Number(branch.norm.toFixed(4))}`;
  return branch.held === "list" ? plural(branch.count, "value") : plural(branch.count, "key");
}

export function placeText(view: InspectorView, group: Group | null): string {
  const frame = group ? group.frames.findIndex((one) => one.item === view.item) : -1;
  if (group && frame >= 0) return `frame ${count(frame + 1)} of ${count(group.frames.length)}`;
  return view.position === null ? "not in view" : `${count(view.position + 1)} of ${count(view.total)}`;
}

export function secondsText(seconds: number): string {
  return `${Number(seconds.toFixed(3))} s`;
}

/** "120 at 4 s: 2 values, clip (512)" */
export function frameText(frame: KeyFrame, mode: Block["mode"]): string {
  const at = mode === "frame" && frame.seconds !== null ? ` at ${secondsText(frame.seconds)}` : "";
  const unit = mode === "seconds" && frame.seconds !== null ? " s" : "";
  const vectors = frame.embeddings.map(([key, size]) => `, embedding ${key} (${count(size)})`).join("");
  const what = frame.keys ? `${plural(frame.keys, "value")}${vectors}` : "key frame only";
  return `${frame.label}${unit}${at}: ${what}`;
}

/** The label of the frame that is on screen at a moment. */
export function labelAt(seconds: number, mode: Block["mode"], fps: number | null): string | null {
  if (mode === "seconds") return String(Number(seconds.toFixed(3)));
  // A moment a hair before a frame's start is meant to be that frame.
  return fps ? String(Math.floor(seconds * fps + 0.001)) : null;
}
