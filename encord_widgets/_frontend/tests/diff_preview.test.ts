// The built bundle of the diff preview.
import { afterEach, describe, expect, test } from "vitest";
import { FakeModel } from "../dev/fake_python";
import { button, listeners, type Rendered, requests, show, strict, until } from "./strict_model";

const { default: diff } = await import("../../static/diff_preview.js" as string);

let shown: Rendered[] = [];
afterEach(() => {
  for (const one of shown) one.end();
  shown = [];
});

const SUMMARY = {
  generation: 1,
  changes: 12,
  items: 5,
  invalid: 2,
  removed: 0,
  destroyed: 0,
  rows: 12,
  settled: null as Record<string, number> | null,
  can_undo: true,
  can_redo: false,
};

function diffOf(summary = SUMMARY, rows: object[] = []): { model: FakeModel; root: HTMLElement } {
  const model = strict(new FakeModel({ summary, error: null }));
  model.handler = (method, params) => {
    const { start, count } = params as { start: number; count: number };
    const now = model.get("summary") as typeof SUMMARY;
    if (method !== "rows") return { result: {} };
    const made = Array.from({ length: Math.min(count, now.rows - start) }, (_, i) => ({
      item: `item-${start + i}`,
      name: `name-${start + i}`,
      key: "weather",
      before: "sun",
      after: "fog",
      status: "staged",
      implied: false,
      note: null,
      ...rows[start + i],
    }));
    return { result: { generation: now.generation, rows: made } };
  };
  const one = show(diff, model);
  shown.push(one);
  return { model, root: one.root };
}

describe("diff preview", () => {
  test("is a real table that says what is what in words", async () => {
    const rows = [
      { before: 0, after: ["n", "1.0"] },
      { before: null, after: 0 },
      { before: "100", after: ["n", "100"], status: "invalid", note: "not one of sun, rain" },
      { status: "verified" },
    ];
    const { root } = diffOf(SUMMARY, rows);
    await until(() => root.querySelector("tbody th"));
    expect(root.querySelector("caption")?.textContent).toBe("12 edits on 5 items, 2 do not fit the schema");
    const lines = [...root.querySelectorAll("tbody tr")].map((row) => row.textContent);
    expect(lines[0]).toContain("not set1.0");
    expect(lines[1]).toContain("null− remove");
    expect(lines[2]).toContain('"100"100');
    expect(lines[2]).toContain("not one of sun, rain");
    expect(lines[3]).toContain("verified");
    expect(root.querySelector("tbody th")?.getAttribute("title")).toBe("item-0");
  });

  test("a text has quotes only where it could pass for something else", async () => {
    const texts = ["100", "-1.5e3", ".5", "null", "Remove", "", " rain", '"fog"', '{"a":1}'];
    const bare = [
      "2025-02-03T06:00:29Z",
      "1bf85d11-43e1",
      "-",
      "10.0.0.1",
      "24/02/2025",
      "s3://drives",
      "rain",
    ];
    const rows = [...texts, ...bare].map((after) => ({ after }));
    const { root } = diffOf({ ...SUMMARY, changes: rows.length, rows: rows.length }, rows);
    await until(() => root.querySelector("tbody th"));
    const shown = [...root.querySelectorAll("tbody .ecw-after")].map((cell) => cell.textContent);
    expect(shown).toEqual([...texts.map((text) => JSON.stringify(text)), ...bare]);
  });

  test("a row is dropped by item and key", async () => {
    const { model, root } = diffOf();
    await until(() => root.querySelector("tbody th"));
    button(root, "Drop: weather on name-3").click();
    expect(requests(model, "drop")).toEqual([{ cells: [["item-3", "weather"]] }]);
  });

  test("the focus stays near a button that goes", async () => {
    const rows: { status: string; note: string | null }[] = [
      { status: "conflict", note: "theirs" },
      { status: "staged", note: null },
    ];
    const { model, root } = diffOf({ ...SUMMARY, changes: 2, rows: 2 }, rows);
    await until(() => root.querySelectorAll("tbody tr").length === 2);
    const focused = (): string | null | undefined => document.activeElement?.getAttribute("aria-label");
    const press = (label: string): void => {
      button(root, label).focus();
      button(root, label).click();
    };
    press("Keep ours: weather on name-0");
    expect(requests(model, "overrule")).toEqual([{ cells: [["item-0", "weather"]] }]);
    rows[0] = { status: "staged", note: null };
    model.change("summary", { ...SUMMARY, changes: 2, rows: 2, generation: 2 });
    await until(() => root.querySelectorAll("tbody .ecw-dropcell button").length === 2);
    expect(focused()).toBe("Drop: weather on name-0");
    press("Drop: weather on name-1");
    model.change("summary", { ...SUMMARY, changes: 1, rows: 1, generation: 3 });
    await until(() => root.querySelectorAll("tbody tr").length === 1);
    expect(focused()).toBe("Drop: weather on name-0");
    press("Drop: weather on name-0");
    model.change("summary", { ...SUMMARY, changes: 0, rows: 0, generation: 4 });
    await until(() => root.querySelector("tbody") === null);
    expect(focused()).toBe("Undo");
  });

  test("the focus is left alone where nothing was pressed", async () => {
    const { model, root } = diffOf({ ...SUMMARY, changes: 2, rows: 2 });
    await until(() => root.querySelectorAll("tbody tr").length === 2);
    button(root, "Drop: weather on name-1").focus();
    model.change("summary", { ...SUMMARY, changes: 1, rows: 1, generation: 2 });
    await until(() => root.querySelectorAll("tbody tr").length === 1);
    expect(document.activeElement).toBe(document.body);
  });

  test("dropping all asks first", async () => {
    const { model, root } = diffOf();
    button(root, "Drop all…").click();
    expect(requests(model, "drop")).toEqual([]);
    button(root, "Keep").click();
    button(root, "Drop all…").click();
    button(root, "Drop all").click();
    expect(requests(model, "drop")).toEqual([{ all: true }]);
  });

  test("what an overwrite destroys is told in word and sign", async () => {
    const { root } = diffOf({ ...SUMMARY, removed: 1, destroyed: 1 }, [{ after: 0, implied: true }]);
    await until(() => root.querySelector("tbody th"));
    expect(root.querySelector("caption")?.textContent).toContain("1 destroyed by overwrite");
    expect(root.querySelector("tbody .ecw-status")?.textContent).toBe("⊖destroyed by overwrite");
    expect(root.querySelectorAll("tbody tr.ecw-r-destroyed")).toHaveLength(1);
  });

  test("pages of 100", async () => {
    const { model, root } = diffOf({ ...SUMMARY, rows: 12_345 });
    await until(() => root.querySelectorAll("tbody tr").length === 100);
    expect(root.textContent).toContain("1–100 of 12,345");
    button(root, "Next").click();
    await until(() => root.textContent?.includes("name-100"));
    expect(root.textContent).toContain("101–200 of 12,345");
    expect(requests(model, "rows").at(-1)).toEqual({ start: 100, count: 100 });
    model.change("summary", { ...SUMMARY, generation: 2, rows: 3 });
    await until(
      () => root.querySelectorAll("tbody tr").length <= 100 && !root.textContent?.includes("101–200"),
    );
    expect(requests(model, "rows").at(-1)).toEqual({ start: 0, count: 100 });
  });

  test("nothing staged", () => {
    const { model, root } = diffOf({ ...SUMMARY, changes: 0, rows: 0, can_undo: false });
    expect(root.textContent).toContain("Nothing staged. Edit a cell, or call items.stage(...).");
    expect(requests(model, "rows")).toEqual([]);
    expect(button(root, "Undo").disabled).toBe(true);
  });

  test("what a commit settled can be cleared", () => {
    const { model, root } = diffOf({ ...SUMMARY, settled: { verified: 3, already: 0 } });
    expect(root.querySelector(".ecw-settled")?.textContent).toBe("✓ 3 verified");
    button(root, "Clear settled").click();
    expect(requests(model, "clear_settled")).toHaveLength(1);
  });

  test("leaves nothing behind", () => {
    const model = strict(new FakeModel({ summary: SUMMARY, error: null }));
    const { el, end } = show(diff, model);
    expect(listeners(model)).toBe(3);
    end();
    expect(listeners(model)).toBe(0);
    expect(el.childNodes).toHaveLength(0);
  });
});
