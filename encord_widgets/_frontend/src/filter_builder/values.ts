// Values of rules: from what is typed and back, and how a rule reads in words.
import type { FilterArgument, FilterColumn, FilterOperator, RuleNode, TreeNode, Val } from "./traits";
import { isGroup, isMuted, isNegated } from "./tree";

export const UNITS = ["minutes", "hours", "days", "weeks"];
export const STORED_TYPES = ["text", "number", "boolean", "null", "object", "list"];
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** The number that was typed as JSON writes it, or null when it is none. */
export function numberOf(text: string): string | null {
  const bare = text.trim().replace(/^\+/, "");
  if (!NUMBER.test(bare)) return null;
  const sign = bare.startsWith("-") ? "-" : "";
  const [mantissa = "", exponent] = bare.replace("-", "").split(/e/i);
  const [whole = "", part = ""] = mantissa.split(".");
  const digits = whole.replace(/^0+(?=\d)/, "") || "0";
  const rest = exponent === undefined ? "" : `e${bare.slice(bare.search(/e/i) + 1)}`;
  return `${sign}${digits}${part ? `.${part}` : ""}${rest}`;
}

/** What is shown in an input for a value. */
export function inputText(value: Val | undefined): string {
  if (value === undefined || value === 0) return "";
  if (value === null) return "null";
  if (typeof value === "string") return value;
  return typeof value === "boolean" ? String(value) : value[1];
}

/** How a value reads: text in quotes where the column holds something else. */
export function shownVal(value: Val, type = "text"): string {
  if (value === 0) return "…";
  if (typeof value === "string") {
    const plain = type !== "number" && type !== "boolean" && value.trim() === value && value !== "";
    return plain ? value : JSON.stringify(value);
  }
  return inputText(value);
}

export type InputKind = "number" | "datetime" | "boolean" | "options" | "text" | "json";

const NUMBERS = new Set(["amount", "latitude", "longitude", "km", "count"]);
const TEXTS = new Set(["text", "pattern"]);
const OF_TYPE: Record<string, InputKind> = {
  number: "number",
  boolean: "boolean",
  datetime: "datetime",
  enum: "options",
  mixed: "json",
  json: "json",
  unknown: "json",
  deleted: "json",
  geospatial: "json",
  embedding: "json",
};

/** Which input an argument gets. A value that is not of the column's own type is edited as JSON. */
export function inputKind(column: FilterColumn, argument: string, value: Val | undefined): InputKind {
  if (NUMBERS.has(argument)) return "number";
  if (TEXTS.has(argument)) return "text";
  if (argument === "item") return Array.isArray(value) ? "json" : "text";
  const kind = OF_TYPE[column.type] ?? "text";
  if (value === undefined || value === 0) return kind;
  const fits = {
    number: Array.isArray(value) && value[0] === "n",
    datetime: typeof value === "string",
    boolean: typeof value === "boolean",
    options: typeof value === "string",
    text: typeof value === "string",
    json: true,
  }[kind];
  return fits ? kind : "json";
}

/** The value of what was typed into an input; a text says what was expected instead. */
export function parseInput(kind: InputKind, text: string): { value: Val } | { expected: string } {
  if (kind === "text" || kind === "options") return { value: text };
  const bare = text.trim();
  if (bare === "") return { value: 0 };
  if (kind === "number") {
    const number = numberOf(bare);
    return number === null ? { expected: "a number, such as 12 or 0.5" } : { value: ["n", number] };
  }
  if (kind === "datetime") {
    return DATE.test(bare)
      ? { value: bare.replace(" ", "T") }
      : { expected: "a date or time, such as 2026-03-01 or 2026-03-01T08:30:00Z" };
  }
  if (kind === "boolean") return { value: bare === "true" };
  return parseJson(bare);
}

function parseJson(text: string): { value: Val } | { expected: string } {
  const number = numberOf(text);
  if (number !== null) return { value: ["n", number] };
  try {
    const value = JSON.parse(text) as unknown;
    return { value: typeof value === "object" && value !== null ? ["j", text] : (value as Val) };
  } catch {
    return { expected: 'a JSON value, such as 12, true, null or "text"' };
  }
}

/** "2026-03-01T08:30:00" of an instant in UTC for the browser's own picker; null when that would lose something. */
export function pickerText(value: Val | undefined): string | null {
  if (value === undefined || value === 0 || value === "") return "";
  if (typeof value !== "string") return null;
  const found = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(?::(\d{2}))?(?:\.0+)?(?:Z|[+-]00:?00)?)?$/i.exec(
    value,
  );
  return found ? `${found[1]}T${found[2] ?? "00:00"}:${found[3] ?? "00"}` : null;
}

/** What a picker holds, as it goes to Python: an instant in UTC. */
export function fromPicker(text: string): Val {
  if (!text) return 0;
  return `${text.length === 16 ? `${text}:00` : text.slice(0, 19)}Z`;
}

/** The values to begin with when a rule gets an operator, keeping those that still say something. */
export function valuesFor(
  operator: FilterOperator,
  before: readonly Val[],
  was: FilterOperator | undefined,
): Val[] {
  const kept = before.filter((value) => value !== 0);
  const group = (argument: FilterArgument | undefined): string | undefined =>
    argument && (["value", "text", "pattern", "bound"].includes(argument.kind) ? "value" : argument.kind);
  return operator.arguments.flatMap((argument, i): Val[] => {
    const alike = group(argument) === group(was?.arguments[Math.min(i, was.arguments.length - 1)]);
    if (argument.many) return alike ? kept : [];
    if (argument.optional) return [];
    const value = alike ? kept[i] : undefined;
    const fits = argument.kind !== "text" && argument.kind !== "pattern" ? true : typeof value === "string";
    return [value !== undefined && fits ? value : argument.kind === "unit" ? "days" : 0];
  });
}

/** A node in words, for names of buttons and announcements. */
export function spoken(
  node: TreeNode,
  columns: ReadonlyMap<string, FilterColumn>,
  operators: ReadonlyMap<string, FilterOperator>,
): string {
  const before = `${isMuted(node) ? "muted " : ""}${isNegated(node) ? "not " : ""}`;
  if (isGroup(node)) {
    const size = node.parts.length;
    const what = node.kind === "and" ? "all of" : "any of";
    return `${before}group, ${what} ${size} ${size === 1 ? "part" : "parts"}`;
  }
  return before + spokenRule(node, columns, operators);
}

function spokenRule(
  rule: RuleNode,
  columns: ReadonlyMap<string, FilterColumn>,
  operators: ReadonlyMap<string, FilterOperator>,
): string {
  if (!rule.column) return "new rule";
  const column = columns.get(rule.column);
  const label = column?.label ?? rule.column.replace(/^\w+:/, "");
  if (column?.kind === "state") return `state is ${label}`;
  const word = operators.get(rule.op)?.label ?? rule.op;
  const values = rule.values.map((value) => shownVal(value, column?.type)).join(", ");
  return `${label} ${word}${values ? ` ${values}` : ""}`;
}
