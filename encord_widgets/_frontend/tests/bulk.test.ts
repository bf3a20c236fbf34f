// The dialog for bulk edits: what it asks for, and that nothing is staged before its number was seen.
import { describe, expect, test } from "vitest";
import { FakeGrid, IN_FORCE } from "../dev/fake_python";
import { draftOf, editOf, OPERATIONS, takesNewKey } from "../src/item_grid/bulk_draft";
import { cell, go, open } from "./grid_page";
import { press, requests, until } from "./strict_model";

const KEYS = [
  { key: "weather", type: "enum", type_label: "enum of 4", options: ["sun", "rain", "fog", "snow"] },
  { key: "lux", type: "number", type_label: "number", options: [] },
  { key: "notes", type: "text", type_label: "text", options: [] },
];

interface Asked {
  edit: { find?: string };
  rows: [number, number];
  order: number;
}

function report(id: number, n: number, refused = 0): object {
  const cell = { item: "i1", name: "drive <b>1</b>", key: "weather", before: 0, after: "fog", reason: "" };
  return {
    id,
    python: "items.bulk.unset('weather')",
    text: `${n} of 100 items would change (${n} cells)`,
    items: n,
    cells: n,
    unchanged: 0,
    refused,
    sample: n ? [cell] : [],
    listed: refused ? [{ ...cell, reason: "expected a number." }] : [],
    reasons: refused ? [{ reason: "expected a number.", count: refused }] : [],
    more_reasons: 0,
  };
}

function model(refused = 0): FakeGrid {
  const one = new FakeGrid(100);
  const real = one.handler;
  let id = 0;
  one.handler = (method, params) => {
    if (method === "bulk_keys") return { result: { keys: KEYS } };
    if (method === "bulk_stage") return { result: report(0, 7, refused) };
    if (method !== "bulk_preview") return real.call(one, method, params);
    const { edit, rows } = params as unknown as Asked;
    if (edit.find === "(") throw new Error("expected a pattern");
    return { result: report(++id, rows[1] - rows[0], refused) };
  };
  return one;
}

function field<T extends HTMLElement = HTMLInputElement>(root: Element, label: string): T {
  const line = [...root.querySelectorAll("dialog label")].find((one) => one.textContent?.startsWith(label));
  const found = line?.querySelector<T>("input, select, textarea");
  if (!found) throw new Error(`No field ${label}`);
  return found;
}
function type(input: HTMLInputElement | HTMLSelectElement, value: string): void {
  input.value = value;
  input.dispatchEvent(new Event(input instanceof HTMLSelectElement ? "change" : "input", { bubbles: true }));
}
const primary = (root: Element): HTMLButtonElement =>
  root.querySelector("dialog .ecw-primary") as HTMLButtonElement;
const previews = (fake: FakeGrid): Asked[] => requests(fake, "bulk_preview") as unknown as Asked[];

describe("what is asked for", () => {
  test("an edit carries the fields of its operation alone", () => {
    const draft = { ...draftOf("replace", "weather"), find: "a", into: "b", value: "c" };
    expect(editOf(draft)).toEqual({
      operation: "replace",
      key: "weather",
      find: "a",
      replacement: "",
      regex: false,
      any_case: false,
      whole: false,
    });
    expect(editOf({ ...draft, operation: "copy_key" })).toEqual({
      operation: "copy_key",
      key: "weather",
      into: "b",
      over: false,
    });
    expect(editOf({ ...draft, operation: "unset" })).toEqual({ operation: "unset", key: "weather" });
  });

  test("nothing is asked while a needed field is empty", () => {
    for (const [operation] of OPERATIONS) {
      const open = editOf(draftOf(operation, "weather"));
      const ready = ["clear", "unset", "fill_down"].includes(operation);
      expect(open !== null).toBe(ready);
      expect(editOf(draftOf(operation, ""))).toBeNull();
    }
    expect(editOf({ ...draftOf("replace", "a"), whole: true })).not.toBeNull();
    expect(OPERATIONS.filter(([one]) => takesNewKey(one)).map(([one]) => one)).toEqual([
      "set",
      "map",
      "combine",
    ]);
  });
});

describe("the dialog", () => {
  test("counts live, says the number, and stages what was looked at", async () => {
    const fake = model();
    const root = await open(fake);
    press(go(root, 0, "key:weather"), "e", { ctrlKey: true });
    await until(() => root.querySelector("dialog"));
    await until(() => field<HTMLSelectElement>(root, "Value").options?.length === 5);
    expect(field<HTMLInputElement>(root, "All 100").checked).toBe(true);
    expect(primary(root).disabled).toBe(true);
    type(field(root, "Value"), "fog");
    await until(() => primary(root).textContent === "Stage 100 cells");
    expect(previews(fake)).toEqual([
      { edit: { operation: "set", key: "weather", value: "fog" }, rows: [0, 100], order: 1, rule: false },
    ]);
    expect(root.querySelector("dialog table")?.textContent).toContain("drive <b>1</b>");
    expect(root.querySelector("dialog b b")).toBeNull();
    expect(requests(fake, "bulk_stage")).toEqual([]);
    primary(root).click();
    await until(() => !root.querySelector("dialog"));
    expect(requests(fake, "bulk_stage")).toEqual([{ id: 1 }]);
    await until(() => root.textContent?.includes("7 cells staged."));
  });

  test("the selection is the rows that were selected when it opened", async () => {
    const fake = model();
    const root = await open(fake);
    go(root, 2, "key:notes");
    press(cell(root, 2, "key:notes"), "ArrowDown", { shiftKey: true });
    await until(() => cell(root, 3, "key:notes").matches(".is-active"));
    press(cell(root, 3, "key:notes"), "d", { ctrlKey: true });
    await until(() => primary(root)?.textContent === "Stage 2 cells");
    expect(previews(fake)[0]).toEqual({
      edit: { operation: "fill_down", key: "notes", fill: "all" },
      rows: [2, 4],
      order: 1,
      rule: false,
    });
    field(root, "All 100").click();
    await until(() => primary(root).textContent === "Stage 100 cells");
  });

  test("a change after the count locks the button until it is counted anew", async () => {
    const fake = model();
    const root = await open(fake);
    press(go(root, 0, "key:notes"), "h", { ctrlKey: true });
    await until(() => root.querySelector("dialog form"));
    type(field(root, "Find"), "a");
    await until(() => primary(root).textContent === "Stage 100 cells");
    type(field(root, "Find"), "(");
    await until(() => primary(root).textContent === "Stage" && primary(root).disabled);
    await until(() =>
      root.querySelector("dialog .ecw-message-bad")?.textContent?.includes("expected a pattern"),
    );
    expect(primary(root).disabled).toBe(true);
    expect(requests(fake, "bulk_stage")).toEqual([]);
  });

  test("what was refused is listed before and after", async () => {
    const fake = model(3);
    const root = await open(fake);
    [...root.querySelectorAll("button")].find((one) => one.textContent === "Bulk edit…")?.click();
    await until(() => root.querySelector("dialog form"));
    type(field(root, "Operation"), "unset");
    await until(() => root.querySelector("dialog")?.textContent?.includes("3 items refused"));
    expect(root.querySelector("dialog li")?.textContent).toBe("3 cells: expected a number.");
    primary(root).click();
    await until(() => primary(root)?.textContent === "Close");
    expect(root.querySelector("dialog")?.textContent).toContain("3 items refused");
    primary(root).click();
    await until(() => !root.querySelector("dialog"));
  });

  test("for all rows of a filter it can stay a rule", async () => {
    const fake = model();
    const status = fake.get("status") as object;
    fake.change("status", { ...status, filter: { ...IN_FORCE, columns: [] } });
    const root = await open(fake);
    press(go(root, 0, "key:weather"), "e", { ctrlKey: true });
    await until(() => root.querySelector("dialog form"));
    type(field(root, "Operation"), "unset");
    await until(() => primary(root).textContent === "Stage 100 cells");
    field(root, "Keep as a rule").click();
    await until(() => previews(fake).length === 2 && !primary(root).disabled);
    expect(previews(fake).map((one) => (one as { rule?: boolean }).rule)).toEqual([false, true]);
    field(root, "The selection").click();
    await until(() => primary(root).textContent === "Stage 1 cell");
    expect(root.querySelector("dialog")?.textContent).not.toContain("Keep as a rule");
    expect((previews(fake).at(-1) as { rule?: boolean } | undefined)?.rule).toBe(false);
  });

  test("Delete over more rows than are on screen says the number first", async () => {
    const fake = model();
    const root = await open(fake);
    press(go(root, 0, "key:notes"), "ArrowDown", { shiftKey: true, ctrlKey: true });
    await until(() => root.querySelector('[data-row="99"].is-active'));
    press(root.querySelector('[data-row="99"].is-active') as HTMLElement, "Delete");
    await until(() => primary(root)?.textContent === "Stage 100 cells");
    expect(previews(fake)[0]).toEqual({
      edit: { operation: "unset", key: "notes" },
      rows: [0, 100],
      order: 1,
      rule: false,
    });
    expect(requests(fake, "edit")).toEqual([]);
  });

  test("what changed since the count is said, and counted again", async () => {
    const fake = model();
    const real = fake.handler;
    fake.handler = (method, params) => {
      if (method === "bulk_stage") throw new Error("Look at it again, then stage.");
      return real(method, params);
    };
    const root = await open(fake);
    press(go(root, 0, "key:notes"), "e", { ctrlKey: true });
    await until(() => root.querySelector("dialog form"));
    type(field(root, "Operation"), "clear");
    await until(() => primary(root).textContent === "Stage 100 cells");
    primary(root).click();
    await until(() => root.querySelector("dialog .ecw-message-bad"));
    expect(primary(root).disabled).toBe(true);
    [...root.querySelectorAll("dialog button")]
      .find((one) => one.textContent === "Look again")
      ?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    await until(() => primary(root).textContent === "Stage 100 cells");
    expect(root.querySelector("dialog")?.textContent).not.toContain("Look again");
  });

  test("Escape gives it up", async () => {
    const fake = model();
    const root = await open(fake);
    press(go(root, 0, "key:weather"), "e", { ctrlKey: true });
    await until(() => root.querySelector("dialog form"));
    press(root.querySelector("dialog select") as HTMLElement, "Escape");
    await until(() => !root.querySelector("dialog"));
    expect(requests(fake, "bulk_stage")).toEqual([]);
  });
});
