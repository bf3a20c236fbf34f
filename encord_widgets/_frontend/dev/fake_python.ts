// Stands in for the Python side while one works on the views: the browser protocol over rows made up on the fly.
import type { Cell, CellState, Column } from "../src/shared/cells";
import { deflated, FakeModel, type Params, type Reply } from "./fake_model";
import { picture } from "./picture";

export { FakeModel };

const HINTS: Record<string, string> = {
  number: "64-bit float: up to ±1.8e308",
  datetime: "ISO 8601 date or time; without a zone it counts as UTC",
  geospatial: "Latitude -90 to 90, longitude -180 to 180",
  embedding: "A JSON list of 512 numbers",
};

const column = (
  id: string,
  type: string,
  label: string,
  width: number,
  more: Partial<Column> = {},
): Column => ({
  id,
  label: id.replace(/^\w+:/, ""),
  kind: id.startsWith("key:") ? "key" : "field",
  type,
  type_label: label,
  hint: HINTS[type] ?? "",
  options: [],
  editable: id.startsWith("key:"),
  deleted: false,
  width,
  ...more,
});

export const COLUMNS: Column[] = [
  column("field:name", "text", "item field", 240),
  column("field:item_type", "text", "item field", 110),
  column("key:weather", "enum", "enum of 4", 130, { options: ["sun", "rain", "fog", "snow"] }),
  column("key:lux", "number", "number", 110),
  column("key:reviewed", "boolean", "boolean", 100),
  column("key:city", "varchar", "varchar", 150),
  column("key:captured at", "datetime", "datetime", 200),
  column("key:notes", "text", "text", 220),
  column("key:where", "geospatial", "geospatial", 170),
  column("key:clip", "embedding", "embedding of 512", 180),
  column("key:shot id", "uuid", "uuid", 290),
  column("key:old flag", "deleted", "deleted", 120, { deleted: true }),
  column("key:extra", "mixed", "mixed, not in the schema", 160),
];

const CITIES = ["Oslo", "Bergen", "Zürich", "Kraków", "San José", "東京"];
const WEATHER = ["sun", "rain", "fog", "snow"];

/** The stored value of a made up row. */
function stored(row: number, id: string): Cell {
  const r = (row * 2654435761) % 97;
  switch (id) {
    case "field:name":
      return `drive_${String(Math.floor(row / 40)).padStart(3, "0")}/front_${String(row).padStart(6, "0")}.jpg`;
    case "field:item_type":
      return row % 7 === 3 ? "VIDEO" : row % 11 === 5 ? "IMAGE_GROUP" : "IMAGE";
    case "key:weather":
      return r % 9 === 0 ? 0 : r % 23 === 1 ? "drizzle" : (WEATHER[r % 4] as string);
    case "key:lux":
      return r % 8 === 0 ? 0 : r % 29 === 2 ? "100" : ["n", String(r * 37 + (r % 3 ? 0.5 : 0))];
    case "key:reviewed":
      return r % 5 === 0 ? 0 : r % 31 === 4 ? null : r % 2 === 0;
    case "key:city":
      return r % 10 === 0 ? null : r % 13 === 0 ? "" : (CITIES[r % 6] as string);
    case "key:captured at":
      return `2025-03-${String((r % 28) + 1).padStart(2, "0")}T08:30:00Z`;
    case "key:notes":
      return r % 4 === 0
        ? ["t", "Glare on the left camera. ".repeat(16).slice(0, 400), 900]
        : r % 3 === 0
          ? 0
          : "Clean <b>shot</b>";
    case "key:where":
      return r % 6 === 0 ? 0 : ["j", `{"latitude":59.${r},"longitude":10.75}`, 40];
    case "key:clip":
      return r % 2
        ? ["j", `[${Array.from({ length: 60 }, (_, i) => (i / 7).toFixed(3)).join(",")}`.slice(0, 300), 4096]
        : 0;
    case "key:shot id":
      return `00000000-0000-4000-8000-${String(row).padStart(12, "0")}`;
    case "key:old flag":
      return r % 2 ? "left over" : 0;
    default:
      return r % 3 === 0 ? ["j", '{"a":[1,2]}', 11] : r % 3 === 1 ? ["n", "1.0"] : "text";
  }
}

function misfit(c: Column, cell: Cell): string | undefined {
  if (cell === 0 || cell === null) return undefined;
  if (c.type === "enum" && !c.options.includes(cell as string))
    return `${JSON.stringify(cell)} is not one of ${c.options.join(", ")}`;
  if (c.type === "number" && typeof cell === "string") return "expected a number, got text";
  return undefined;
}

export const IN_FORCE = {
  text: 'weather = "rain" and not (lux < 5 or `captured at` is absent)',
  total: 5000,
  in_view: 812,
  matching: 640,
  moved: 172,
  columns: ["key:weather", "key:lux", "key:captured at"],
};

/** What Python tells a header's popover. */
function facts(id: string): object {
  const nothing = { values: [], low: null, high: null, text: "", marks: [] };
  const number = id === "key:lux";
  const values = ["rain", "sun", "fog", "snow", "drizzle"].map((text, at) => ({
    json: JSON.stringify(text),
    text,
    count: [1204, 1109, 880, 617, 46][at] as number,
  }));
  return {
    type_label: number ? "number" : "enum of 4",
    range: number ? "number" : null,
    contains: !number,
    total: 5000,
    values: number ? [] : values,
    more: number ? 0 : 3,
    counts: { absent: 1120, null: 24, misfit: number ? 12 : 46 },
    low: number ? "0" : null,
    high: number ? "3552.5" : null,
    chosen: id === "key:weather" ? { ...nothing, values: ['"rain"'] } : nothing,
    others: number ? ["not lux < 5"] : [],
  };
}

function header(id: string, at: number): object {
  const top = WEATHER.map((text, place) => [text, 1200 - place * 300]);
  const plain = {
    total: 5000,
    missing: (at * 321) % 1500,
    low: null,
    high: null,
    top: [],
    more: 0,
    bars: [],
  };
  if (id === "key:lux")
    return {
      ...plain,
      missing: 620,
      low: "0",
      high: "3600",
      bars: [3, 9, 24, 40, 44, 31, 28, 17, 9, 6, 2, 1],
    };
  if (id === "key:captured at")
    return { ...plain, low: "2025-03-01", high: "2025-03-28", bars: [4, 6, 8, 9, 7] };
  return id === "key:weather" ? { ...plain, top, bars: [1200, 900, 600, 300] } : plain;
}

export class FakeGrid extends FakeModel {
  /** The style of the grid's dialogs, and their code. */
  static more = async (): Promise<string> => {
    const files = ["css", "js"].map((ext) => fetch(`dist/item_grid_more.${ext}`));
    return (await Promise.all(files.map(async (file) => (await file).text()))).join("\0");
  };
  readonly staged = new Map<string, Cell>();
  generation = 1;
  order: number[] | null = null;

  constructor(
    readonly size: number,
    view: object = {},
    readonly columns = COLUMNS,
  ) {
    super({ columns, height: 420, error: null, status: {} });
    this.traits.status = this.view(view);
    this.handler = (method, params) => this.answer(method, params);
  }

  override send(message: { id: number; method: string; params: never }): void {
    if (message.method !== "more") super.send(message);
    else {
      const reply = { type: "reply", id: message.id, ok: true, result: {} };
      void FakeGrid.more()
        .then(deflated)
        .then((code) => {
          for (const listener of [...(this.listeners.get("msg:custom") ?? [])]) listener(reply, [code]);
        });
    }
  }

  view(more: object = {}): object {
    return {
      rows: this.order?.length ?? this.size,
      total: this.size,
      expected: this.size,
      loading: false,
      load_error: null,
      sort: null,
      search: "",
      filter: null,
      title: "Front camera, March",
      problems: 0,
      ...(this.traits.status as object),
      ...more,
      generation: this.generation,
      order: 1,
      staged: this.staged.size,
      can_undo: this.staged.size > 0,
      can_redo: false,
    };
  }

  bump(more: object = {}): void {
    this.generation++;
    this.change("status", this.view({ rows: this.order?.length ?? this.size, ...more }));
  }

  stage(row: number, key: string, cell: Cell): void {
    this.staged.set(`item-${row}\n${key}`, cell);
  }

  private row(row: number, columns: Column[]): object {
    const u = `item-${row}`;
    const s: Record<string, CellState> = {};
    const c = columns.map((one, at) => {
      const base = stored(row, one.id);
      const edit = this.staged.get(`${u}\n${one.label}`);
      const cell = edit === undefined ? base : edit;
      const note = misfit(one, cell);
      if (edit !== undefined)
        s[at] = { state: note ? "invalid" : "staged", before: base, ...(note ? { note } : {}) };
      else if (note) s[at] = { state: "invalid", note };
      else if (row === 4 && at === 4) s[at] = { state: "verified" };
      else if (row === 5 && at === 5)
        s[at] = { state: "conflict", note: "changed in Encord meanwhile", before: "Oslo" };
      else if (row === 6 && at === 6) s[at] = { state: "failed", note: "the server did not answer" };
      return cell;
    });
    return { u, c, s };
  }

  private answer(method: string, p: Params): Reply {
    const params = p as unknown as Record<string, never>;
    switch (method) {
      case "rows": {
        const { start, count, columns } = params as unknown as {
          start: number;
          count: number;
          columns: [number, number];
        };
        const rows = [];
        const total = this.order?.length ?? this.size;
        for (let at = start; at < Math.min(start + count, total); at++) {
          rows.push(this.row(this.order ? (this.order[at] as number) : at, this.columns.slice(...columns)));
        }
        const result = { generation: this.generation, start, count: rows.length, columns };
        return { result, buffers: [deflated(JSON.stringify(rows))] };
      }
      case "edit":
        return this.edit((params as unknown as { edits: never[] }).edits);
      case "cell": {
        const json = JSON.stringify("Glare on the left camera. ".repeat(35));
        return {
          result: {
            json,
            absent: false,
            read: json,
            held: "text",
            type: "text",
            type_label: "text",
            hint: "",
            item: p.item,
            name: "front_000000.jpg",
            sends: '"notes": "short"',
            state: "staged",
            note: null,
          },
        };
      }
      case "check": {
        const { key, text } = params as unknown as { key: string; text: string };
        const type = this.columns.find((one) => one.id === `key:${key}`)?.type;
        const bad = type === "number" && !Number.isFinite(Number(text));
        const json = type === "number" ? text.trim() : JSON.stringify(text);
        return {
          result: bad
            ? { json: "", reason: "Expected a number, such as 12 or 0.5." }
            : { json, reason: null },
        };
      }
      case "headers":
        return {
          result: {
            headers: Object.fromEntries(
              (p.columns as unknown as string[]).map((id, at) => [id, header(id, at)]),
            ),
          },
        };
      case "search": {
        const { text } = params as unknown as { text: string };
        this.order = text
          ? Array.from({ length: this.size }, (_, i) => i).filter((i) =>
              String(stored(i, "field:name")).includes(text),
            )
          : null;
        return { result: {}, after: () => this.bump({ search: text }) };
      }
      case "sort": {
        const { column: id, descending } = params as unknown as {
          column: string | null;
          descending: boolean;
        };
        this.order = id
          ? Array.from({ length: this.size }, (_, i) => (descending ? this.size - 1 - i : i))
          : null;
        return { result: {}, after: () => this.bump({ sort: id ? { column: id, descending } : null }) };
      }
      case "column_facts":
        return { result: facts(params.column as unknown as string) };
      case "filter_column": {
        const { column: id, chosen } = params as unknown as {
          column: string;
          chosen: { low: string | null; values: string[] } | null;
        };
        if (chosen?.low && !Number.isFinite(Number(chosen.low)))
          throw new Error("lux: expected a number, such as 12 or 0.5, got 'abc' (text).");
        const text = `${id.slice(4)} in [${chosen?.values.join(", ")}]`;
        const filter = chosen && { ...IN_FORCE, text, columns: [id] };
        this.order = chosen ? Array.from({ length: 812 }, (_, i) => i * 3) : null;
        return { result: {}, after: () => this.bump({ filter }) };
      }
      case "apply_filter":
        return {
          result: {},
          after: () => this.bump({ filter: { ...IN_FORCE, in_view: 640, matching: 640, moved: 0 } }),
        };
      case "clear_filter":
        this.order = null;
        return { result: {}, after: () => this.bump({ filter: null }) };
      case "undo": {
        const last = [...this.staged.keys()].pop();
        if (last) this.staged.delete(last);
        return { result: {}, after: () => this.bump() };
      }
      case "problems":
        return {
          result: {
            problems: [
              { item: "x1", name: "broken.jpg", reason: "its metadata is not an object" },
              { item: "x2", name: null, reason: "Encord did not return it" },
            ],
          },
        };
      case "thumbnails": {
        const items = p.items as unknown as string[];
        return {
          result: { pictures: items.map(() => "image/bmp"), why: [] },
          buffers: items.map((item) => picture(Number(item.slice(5)))),
        };
      }
      case "dismiss_error":
        return { result: {}, after: () => this.change("error", null) };
      default:
        return { result: {} };
    }
  }

  private edit(edits: { item: string; key: string; before: Cell; action: string; text: string }[]): Reply {
    const results = edits.map(({ item, key, before, action, text }) => {
      const no = (reason: string) => ({ item, key, accepted: false, reason });
      const c = this.columns.find((one) => one.id === `key:${key}`) as Column;
      const now = this.staged.get(`${item}\n${key}`) ?? stored(Number(item.slice(5)), c.id);
      if (JSON.stringify(now) !== JSON.stringify(before))
        return no("The cell changed meanwhile; look again.");
      let cell: Cell = action === "unset" ? 0 : action === "null" ? null : text;
      if (action === "json") {
        const value = JSON.parse(text) as unknown;
        cell =
          typeof value === "number"
            ? ["n", text]
            : typeof value === "object"
              ? ["j", text, text.length]
              : (value as Cell);
      } else if (action === "text" && c.type === "number") {
        if (!/^-?\d+(\.\d+)?$/.test(text))
          return no(`Expected a number, such as 12 or 0.5; got ${JSON.stringify(text)}.`);
        cell = ["n", text];
      } else if (action === "text" && c.type === "enum" && !c.options.includes(text)) {
        return no(`${JSON.stringify(text)} is not one of ${c.options.join(", ")}.`);
      }
      this.staged.set(`${item}\n${key}`, cell);
      return { item, key, accepted: true, reason: null };
    });
    this.generation++;
    return {
      result: { generation: this.generation, results },
      after: () => this.change("status", this.view()),
    };
  }
}
