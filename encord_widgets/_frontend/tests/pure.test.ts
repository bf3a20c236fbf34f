import { describe, expect, test } from "vitest";
import { fromTsv, toTsv } from "../src/item_grid/clipboard";
import { choicesOf, initialText, shapeOf } from "../src/item_grid/editor";
import * as geo from "../src/item_grid/geometry";
import { type Cell, type Column, display, jsonOf, sameCell, textOf } from "../src/shared/cells";

const column = (type: string, options: string[] = []): Column => ({
  id: "key:k",
  label: "k",
  kind: "key",
  type,
  type_label: type,
  hint: "",
  options,
  editable: true,
  deleted: false,
  width: 100,
});

describe("cells", () => {
  test.each<[Cell, string, string]>([
    [0, "number", "—"],
    [null, "number", "null"],
    [["n", "1.0"], "number", "1.0"],
    [["n", "1152921504606846977"], "number", "1152921504606846977"],
    ["100", "number", '"100"'],
    ["true", "boolean", '"true"'],
    [true, "boolean", "✓ true"],
    [false, "boolean", "✗ false"],
    ["", "varchar", '""'],
    ["rain", "enum", "rain"],
    [["t", "abc", 900], "text", "abc…"],
    [["j", '{"latitude":59.90,"longitude":10.7}', 36], "geospatial", "59.90, 10.7"],
    [["j", "[3,4]", 5], "embedding", "2 numbers, norm 5"],
    [["j", "[0.25,", 900, 512, "0.9987"], "embedding", "512 numbers, norm 0.9987"],
    [["j", '["a"]', 5], "embedding", '["a"]'],
  ])("%j in a %s column reads %s", (cell, type, shown) => {
    expect(display(cell, type)).toBe(shown);
  });

  test("absent, null, false, 0 and empty text are five things", () => {
    const cells: Cell[] = [0, null, false, ["n", "0"], ""];
    for (const a of cells) for (const b of cells) expect(sameCell(a, b)).toBe(a === b);
    expect(new Set(cells.map(jsonOf)).size).toBe(5);
  });
});

describe("scrolling", () => {
  test.each([
    10, 1_000, 294_117, 294_118, 1_000_000, 20_000_000,
  ])("%i rows: first, last and every way back", (rows) => {
    const body = 376;
    expect(geo.spacerHeight(rows)).toBeLessThanOrEqual(10_000_000);
    expect(geo.rowsOnScreen(geo.toLogical(0, rows, body), body, rows).from).toBe(0);
    const end = Math.max(0, geo.spacerHeight(rows) - body);
    expect(geo.rowsOnScreen(geo.toLogical(end, rows, body), body, rows).to).toBe(rows);
    for (const share of [0.1, 0.5, 0.9]) {
      const logical = share * Math.max(0, rows * geo.ROW - body);
      expect(geo.toLogical(geo.toScroll(logical, rows, body), rows, body)).toBeCloseTo(logical, 3);
    }
  });

  test("the name comes first and is frozen only where there is room", () => {
    const columns = [column("number"), { ...column("text"), id: "field:name" }];
    expect(geo.layoutColumns(columns, new Map(), 900).places.map((p) => [p.index, p.frozen])).toEqual([
      [1, true],
      [0, false],
    ]);
    const narrow = geo.layoutColumns(columns, new Map([["field:name", 300]]), 400).places[0];
    expect([narrow?.frozen, narrow?.width]).toEqual([true, 120]);
    expect(geo.layoutColumns(columns, new Map(), 360).places.some((p) => p.frozen)).toBe(false);
  });

  test("only the columns on screen are drawn", () => {
    const columns = Array.from({ length: 300 }, () => column("number"));
    const layout = geo.layoutColumns(columns, new Map(), 800);
    const { from, to } = geo.columnsOnScreen(layout, 10_000, 800);
    expect(to - from).toBeLessThan(12);
    expect(layout.places[from]?.left).toBeLessThanOrEqual(10_000 + layout.frozen);
  });
});

describe("clipboard", () => {
  test.each([
    [
      [
        ["a", "b"],
        ["c", "d"],
      ],
    ],
    [
      [
        ["with\ttab", 'a "quote"'],
        ["two\nlines", ""],
      ],
    ],
    [[['"', "x"]]],
    [[[""]]],
  ])("%j survives", (rows) => {
    expect(fromTsv(toTsv(rows))).toEqual(rows);
  });

  test("what spreadsheets write is read", () => {
    expect(fromTsv("a\tb\r\nc\td\r\n")).toEqual([
      ["a", "b"],
      ["c", "d"],
    ]);
    expect(fromTsv('5" pipe\tx')).toEqual([['5" pipe', "x"]]);
  });
});

describe("editors", () => {
  test("the shape follows type and value", () => {
    expect(shapeOf(column("enum", ["a"]), 0)).toBe("select");
    expect(shapeOf(column("boolean"), "yes")).toBe("select");
    expect(shapeOf(column("number"), 0)).toBe("line");
    expect(shapeOf(column("varchar"), "x".repeat(100))).toBe("area");
    expect(shapeOf(column("varchar"), ["t", "x", 900])).toBe("area");
    expect(shapeOf(column("embedding"), 0)).toBe("area");
    expect(shapeOf(column("geospatial"), 0)).toBe("place");
    expect(shapeOf(column("geospatial"), ["j", '{"latitude":1,"longitude":2}', 28])).toBe("place");
    expect(shapeOf(column("geospatial"), ["j", '{"lat":1}', 9])).toBe("area");
    expect(shapeOf(column("geospatial"), "1, 2")).toBe("line");
  });

  test("absent and null start empty, a text among numbers keeps its quotes", () => {
    expect(initialText(column("number"), 0)).toBe("");
    expect(initialText(column("varchar"), null)).toBe("");
    expect(initialText(column("number"), "100")).toBe('"100"');
    expect(initialText(column("varchar"), "100")).toBe("100");
    expect(textOf(["n", "1.50"])).toBe("1.50");
  });

  test("a value outside the options is offered as it is, marked", () => {
    const { choices, value } = choicesOf(column("enum", ["sun", "rain"]), "drizzle");
    expect(value).toBe("stay");
    expect(choices.map((c) => c.label)).toEqual([
      "drizzle (does not fit)",
      "sun",
      "rain",
      "(not set)",
      "null",
    ]);
    expect(choicesOf(column("enum", ["sun"]), 0).value).toBe("unset");
    expect(choicesOf(column("enum", ["null"]), null).value).toBe("null");
    expect(choicesOf(column("boolean"), "true").value).toBe("stay");
  });
});
