// Stands in for the Python side of the filter builder: keeps the tree, makes up counts and facets.
import type { FilterColumn, FilterOperator, GroupNode, TreeNode, Val } from "../src/filter_builder/traits";
import { walk } from "../src/filter_builder/tree";
import { FakeModel } from "./fake_python";

const argument = (name: string, kind: string, more: object = {}): FilterOperator["arguments"][number] => ({
  name,
  kind,
  optional: false,
  many: false,
  ...more,
});
const operator = (
  name: string,
  label: string,
  args: FilterOperator["arguments"] = [],
  any_case: string | null = null,
): FilterOperator => ({ name, label, arguments: args, any_case });

export const OPERATORS: FilterOperator[] = [
  operator("is", "is", [argument("value", "value")], "is_ci"),
  operator("in", "is one of", [argument("values", "value", { many: true })], "in_ci"),
  operator("contains", "contains", [argument("text", "text")], "contains_ci"),
  operator("regex", "matches the pattern", [argument("pattern", "pattern")]),
  operator("lt", "is below", [argument("value", "bound")]),
  operator("ge", "is at least", [argument("value", "bound")]),
  operator("between", "is between", [argument("low", "bound"), argument("high", "bound")]),
  operator("last", "is in the last", [argument("amount", "amount"), argument("unit", "unit")]),
  operator("in_box", "is in the box", [
    argument("south", "latitude"),
    argument("west", "longitude"),
    argument("north", "latitude"),
    argument("east", "longitude"),
  ]),
  operator("within_km", "is within a distance of", [
    argument("latitude", "latitude"),
    argument("longitude", "longitude"),
    argument("km", "km"),
  ]),
  operator("nearest", "is among the nearest", [argument("count", "count"), argument("item", "item")]),
  operator("absent", "is absent"),
  operator("null", "is null"),
  operator("type", "is stored as", [argument("type", "json_type")]),
  operator("contains_ci", "contains (any case)", [argument("text", "text")]),
];

const ANY = ["absent", "null", "type"];
const column = (id: string, type: string, ops: string[], options: string[] = []): FilterColumn => ({
  id,
  label: id.replace(/^\w+:/, ""),
  kind: id.split(":")[0] as FilterColumn["kind"],
  type,
  type_label: type,
  options,
  ops: [...ops, ...ANY],
  facet: type !== "state" && type !== "geospatial",
});

export const COLUMNS: FilterColumn[] = [
  column("key:weather", "enum", ["in", "is", "contains"], ["sun", "rain", "fog", "snow"]),
  column("key:lux", "number", ["between", "lt", "ge", "is", "in"]),
  column("key:reviewed", "boolean", ["is"]),
  column("key:captured at", "datetime", ["between", "last", "lt", "ge"]),
  column("key:notes", "text", ["contains", "regex", "is", "in"]),
  column("key:where", "geospatial", ["in_box", "within_km"]),
  column("key:clip", "embedding", ["nearest"]),
  column("field:name", "text", ["contains", "is", "in"]),
  column("state:changed", "state", ["is"]),
];

let made = 0;
const rule = (name: string, op: string, values: Val[], more: object = {}): TreeNode => ({
  kind: "rule",
  id: `r${made++}`,
  column: name,
  op,
  values,
  muted: false,
  nots: [],
  ...more,
});
const group = (kind: "and" | "or", parts: TreeNode[], more: object = {}): GroupNode => ({
  kind,
  id: `g${made++}`,
  parts,
  muted: false,
  nots: [],
  ...more,
});

const n = (text: string | number): Val => ["n", String(text)];

function trees(): Record<string, GroupNode> {
  return {
    empty: group("and", []),
    nested: group("and", [
      rule("key:weather", "in", ["rain", "fog"]),
      group("or", [rule("key:lux", "lt", [n(5)]), rule("key:captured at", "absent", [])], { nots: [false] }),
      rule("key:notes", "contains_ci", ["glare"], { muted: true }),
    ]),
    all: group("or", [
      rule("key:weather", "is", ["sun"]),
      rule("key:weather", "in", ["sun", n(3)]),
      rule("key:lux", "between", [n(10), n("20.5")]),
      rule("key:lux", "in", [n(1), "100"]),
      rule("key:captured at", "between", ["2026-03-01T08:30:00Z", "2026-04-01T00:00:00.123Z"]),
      rule("key:captured at", "last", [n(7), "days"]),
      rule("key:reviewed", "is", [true]),
      rule("key:where", "in_box", [n(59), n(10), n(60), n(11)]),
      rule("key:where", "within_km", [n(59.9), n(10.75), n(2)]),
      rule("key:clip", "nearest", [n(20), "8ad5b1a2-0000-4000-8000-000000000001"]),
      rule("key:notes", "regex", ["(gla"]),
      rule("key:notes", "type", ["number"]),
      rule("state:changed", "is", [true]),
      rule("key:gone", "is", ["<b>x</b>"], { nots: [false] }),
      rule("", "", []),
      group("and", [], { muted: true }),
    ]),
  };
}

export function filterModel(state: string): FakeModel {
  const tree = trees()[state] ?? (trees().nested as GroupNode);
  const counts = (root: GroupNode): object => {
    const by: Record<string, [number, number]> = {};
    for (const [at, node] of [...walk(root)].entries())
      if (node.kind !== "rule" || node.column) by[node.id] = [(at * 7919 + 812) % 9000, (at * 38) % 1000];
    const moved = state === "all" ? 3 : 0;
    return { total: 12_000, matches: 812, by, in_view: 815, moved };
  };
  const model = new FakeModel({
    tree,
    problems: state === "all" ? { r10: "expected a regular expression (missing ), position 4)" } : {},
    text: 'weather in ("rain", "fog") and not (lux < 5 or `captured at` is absent) and muted(notes contains "glare" any case)',
    counts: counts(tree),
    columns: COLUMNS,
    operators: OPERATORS,
    named: [{ name: "night", text: "lux < 5" }],
    error: null,
  });
  model.handler = (method, params) => answer(method, params);
  const answer = (
    method: string,
    params: { tree: GroupNode; text: string; column: string },
  ): { result: unknown } => {
    if (method === "set_tree") {
      model.change("tree", params.tree);
      model.change("counts", counts(params.tree));
    }
    const at = String(params.text).indexOf("&");
    if (method === "check_text" || method === "set_text") {
      const error = at < 0 ? null : { message: 'expected "and", "or" or the end, got "&"', position: at };
      return { result: { error, matches: at < 0 ? 812 : null } };
    }
    if (method === "code") {
      const pandas = "mask = frame['weather'].eq('rain')\nframe[mask]";
      return { result: { text: model.traits.text, python: 'F.weather == "rain"', pandas, json: "{}" } };
    }
    return method === "facet" ? { result: facet(params.column) } : { result: {} };
  };
  return model;
}

function facet(name: string): object {
  const found = COLUMNS.find((one) => one.id === name);
  const dates = found?.type === "datetime";
  const spread = dates || found?.type === "number";
  const from = dates ? Date.UTC(2026, 2, 1) / 1000 : 0;
  const width = dates ? 43_200 : 50;
  const bars = spread
    ? Array.from({ length: 24 }, (_, i) => Math.round(600 * Math.exp(-((i - 9) ** 2) / 40)))
    : [];
  const words = found?.options.length ? found.options : ["Oslo", "Bergen", "<b>Zürich</b>", "Kraków"];
  return {
    column: name,
    kind: spread ? (dates ? "dates" : "histogram") : "values",
    edges: spread ? Array.from({ length: 25 }, (_, i) => from + i * width) : [],
    bars,
    kept: bars.map((bar, i) => Math.round((bar * ((i * 7) % 10)) / 10)),
    values: spread ? [] : words.map((text, i) => ({ value: text, text, count: 4000 - i * 900, kept: 100 })),
    more: spread ? 0 : 12,
    absent: 321,
    null: 4,
    others: { text: 17 },
  };
}
