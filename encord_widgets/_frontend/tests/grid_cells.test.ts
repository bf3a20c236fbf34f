// Editors that know their type, blocks that are pasted whole, and what the grid tells about cells and columns.
import { describe, expect, test } from "vitest";
import { FakeGrid, IN_FORCE } from "../dev/fake_python";
import { describe as inWords, shareMissing } from "../src/item_grid/headers";
import { isoOf, momentOf, ownZone } from "../src/item_grid/moment";
import { go, open } from "./grid_page";
import { press, requests, until } from "./strict_model";

function fields(root: Element): HTMLInputElement[] {
  return [...root.querySelectorAll<HTMLInputElement>(".ecw-edit")];
}
function type(field: HTMLInputElement, text: string): void {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
function paste(target: Element, text: string): void {
  const event = new Event("paste", { bubbles: true, cancelable: true });
  target.dispatchEvent(Object.assign(event, { clipboardData: { getData: () => text } }));
}
function foot(root: Element): string {
  return root.querySelector(".ecw-editor-foot")?.textContent ?? "";
}

describe("typed editors", () => {
  test("a number names its bounds, and says what will be sent or why not", async () => {
    const model = new FakeGrid(20);
    const root = await open(model);
    press(go(root, 2, "key:lux"), "7");
    expect(foot(root)).toContain("64-bit float");
    await until(() => foot(root).includes("sends 7"));
    type(fields(root)[0] as HTMLInputElement, "7,5");
    await until(() => foot(root).includes("Expected a number"));
    expect(foot(root)).not.toContain("sends");
    expect(fields(root)[0]?.getAttribute("aria-invalid")).toBe("true");
    press(fields(root)[0] as Element, "Escape");
    expect(requests(model, "edit")).toEqual([]);
  });

  test("a place is two numbers, and both come with one paste", async () => {
    const model = new FakeGrid(20);
    model.stage(1, "where", ["j", '{"latitude":59.91,"longitude":10.75}', 36]);
    const root = await open(model);
    press(go(root, 1, "key:where"), "Enter");
    expect(fields(root).map((field) => field.value)).toEqual(["59.91", "10.75"]);
    const [first, second] = fields(root) as [HTMLInputElement, HTMLInputElement];
    press(first, "Tab");
    expect(fields(root), "Tab goes on to the longitude").toHaveLength(2);
    type(first, "60.39, 5.32");
    expect([first.value, second.value]).toEqual(["60.39", "5.32"]);
    press(second, "Enter");
    await until(() => requests(model, "edit").length > 0);
    const [edit] = requests(model, "edit")[0]?.edits as unknown as { text: string; action: string }[];
    expect([edit?.action, edit?.text]).toEqual(["text", "60.39, 5.32"]);
  });

  test("a vector shows size and norm, and stays unless another list is given", async () => {
    const model = new FakeGrid(20);
    model.stage(1, "clip", ["j", "[0.25,0.5", 4096, 512, "0.9987"]);
    const root = await open(model);
    expect(go(root, 1, "key:clip").textContent).toContain("512 numbers, norm 0.9987");
    press(document.activeElement as Element, "Enter");
    expect(fields(root)[0]?.placeholder).toContain("512 numbers, norm 0.9987. Paste a JSON list");
    press(fields(root)[0] as Element, "Enter");
    expect(requests(model, "cell")).toEqual([]);
    expect(requests(model, "edit")).toEqual([]);
  });

  test("a date is picked with its zone, the text is what counts", async () => {
    const model = new FakeGrid(20);
    model.stage(1, "captured at", "2025-03-04T08:30:15.250+02:00");
    const root = await open(model);
    press(go(root, 1, "key:captured at"), "Enter");
    const picker = root.querySelector(".ecw-moment input") as HTMLInputElement;
    const zone = root.querySelector(".ecw-moment select") as HTMLSelectElement;
    await until(() => picker.value !== "");
    expect(picker.value).toMatch(/^2025-03-04T08:30:15/);
    expect(zone.value).toBe("+02:00");
    type(picker, "2025-03-05T09:00:00");
    expect(fields(root)[0]?.value).toMatch(/^2025-03-05T09:00:00.*\+02:00$/);
    await until(() => picker.value.startsWith("2025-03-05T09:00"));
    zone.value = "Z";
    zone.dispatchEvent(new Event("change", { bubbles: true }));
    expect(fields(root)[0]?.value).toMatch(/^2025-03-05T09:00:00.*Z$/);
    press(fields(root)[0] as Element, "Enter");
    await until(() => requests(model, "edit").length > 0);
  });

  test.each([
    ["2025-03-04", "2025-03-04T00:00", ""],
    ["2025-03-04T08:30Z", "2025-03-04T08:30", "Z"],
    ["2025-03-04 08:30:15,5 +0530", "2025-03-04T08:30:15", "+05:30"],
    ["2025-03-04T08:30-03", "2025-03-04T08:30", "-03:00"],
  ])("the parts of %s", (text, local, zone) => {
    expect(momentOf(text)).toEqual({ local, zone });
  });

  test("no picker for what is no date, and seconds are written", () => {
    expect(momentOf("soon")).toBeNull();
    expect(momentOf("2025-03")).toBeNull();
    expect(isoOf({ local: "2025-03-04T08:30", zone: "Z" })).toBe("2025-03-04T08:30:00Z");
    expect(ownZone("2025-03-04T08:30")).toMatch(/^[+-]\d\d:\d\d$/);
  });
});

describe("blocks", () => {
  test("every cell of a block is staged or listed: read only, outside, refused", async () => {
    const model = new FakeGrid(3);
    for (const row of [0, 1, 2]) model.stage(row, "weather", 0);
    const root = await open(model);
    const lines = ["img\train\t1\tx", "img\thail\t2\tx", "img\tfog\tabc\tx", "img\tsun\t4\tx"];
    const columns = "field:item_type";
    paste(go(root, 0, columns), lines.join("\n"));
    await until(() => root.querySelector("dialog"));
    const listed = [...root.querySelectorAll(".ecw-refused tbody tr")].map((row) => row.textContent);
    const edits = requests(model, "edit")[0]?.edits as unknown as unknown[];
    const refused = listed.filter((text) => /hail|abc|"x"/.test(text));
    // 16 cells came: those of three rows that can be edited were sent, the others are listed with the refused ones.
    expect(edits).toHaveLength(9);
    expect(listed).toHaveLength(16 - edits.length + refused.length);
    expect(listed.filter((text) => text.includes("field of the item"))).toHaveLength(3);
    expect(listed.filter((text) => text.includes("Below the last row"))).toHaveLength(4);
    expect(root.querySelector("dialog")?.textContent).toContain("of 16 not changed");
  });

  test("500 rows by 5 columns are one message; a long list is told by reason first", async () => {
    const model = new FakeGrid(600);
    const root = await open(model);
    for (let row = 0; row < 600; row++) model.stage(row, "lux", ["n", "1"]);
    model.bump();
    const line = (row: number): string =>
      ["snow", row % 2 ? `${row}` : "n/a", "true", `city ${row}`, "2025-03-01T00:00:00Z"].join("\t");
    paste(go(root, 0, "key:weather"), Array.from({ length: 500 }, (_, row) => line(row)).join("\r\n"));
    await until(() => root.querySelector("dialog"));
    expect(requests(model, "edit")).toHaveLength(1);
    const dialog = root.querySelector("dialog") as HTMLElement;
    expect(dialog.textContent).toContain("250 × Expected a number");
    expect(dialog.querySelectorAll("tbody tr")).toHaveLength(250);
    expect(dialog.querySelector("tbody tr")?.textContent).toContain("n/a");
    expect(root.querySelector(".ecw-message-bad")?.textContent).toContain("250 cells of");
  });
});

describe("many rows", () => {
  test("one value into more rows than are on screen says the number first", async () => {
    const model = new FakeGrid(100);
    for (let row = 0; row < 100; row++) model.stage(row, "city", 0);
    const root = await open(model);
    go(root, 0, "key:city");
    press(document.activeElement as Element, "ArrowDown", { ctrlKey: true, shiftKey: true });
    paste(document.activeElement as Element, "Oslo");
    await until(() => root.querySelector("dialog"));
    expect(root.querySelector("dialog")?.textContent).toContain("Fill 100 cells in 100 rows?");
    expect(requests(model, "edit")).toEqual([]);
    const [, fill] = [...root.querySelectorAll<HTMLElement>("dialog button")];
    expect(fill?.textContent).toBe("Fill 100 cells");
    fill?.click();
    await until(() => requests(model, "edit").length === 1);
    expect(requests(model, "edit")[0]?.edits).toHaveLength(100);
    expect(root.querySelector("dialog")).toBeNull();
  });

  test("rows by state are asked for, and shown as what is in force", async () => {
    const model = new FakeGrid(50);
    const root = await open(model);
    const states = root.querySelector(".ecw-states") as HTMLSelectElement;
    expect(states.value).toBe("");
    states.value = "invalid";
    states.dispatchEvent(new Event("change", { bubbles: true }));
    await until(() => requests(model, "filter_state").length > 0);
    expect(requests(model, "filter_state")).toEqual([{ state: "invalid" }]);
    model.bump({ filter: { ...IN_FORCE, columns: ["key:lux", "state:conflict"] } });
    await until(() => states.value === "conflict");
  });
});

describe("what the grid tells", () => {
  test("everything about a cell, on demand", async () => {
    const model = new FakeGrid(20);
    const root = await open(model);
    press(go(root, 3, "key:notes"), "i", { ctrlKey: true });
    await until(() => root.querySelector("dialog pre"));
    const text = root.querySelector("dialog")?.textContent ?? "";
    expect(text).toContain("In Encord, as read");
    expect(text).toContain('A commit sends"notes": "short"');
    expect(text).toContain("staged");
    expect(requests(model, "cell")[0]).toEqual({ item: "item-3", column: "key:notes" });
  });

  test("a selection past what a message should name goes by place", async () => {
    const model = new FakeGrid(20_000);
    const root = await open(model);
    press(go(root, 2, "key:lux"), "End", { ctrlKey: true, shiftKey: true });
    await until(() => requests(model, "select").some((params) => "rows" in params));
    const last = requests(model, "select").pop() as unknown as { rows: number[]; order: number };
    expect([last.rows, last.order]).toEqual([[2, 20_000], 1]);
  });

  test("headers tell the share missing and are asked for once a generation", async () => {
    const model = new FakeGrid(50);
    const root = await open(model);
    await until(() => requests(model, "headers").length > 0);
    await until(() => root.querySelector(".ecw-th-bars path[d^='M']"));
    const lux = root.querySelector('.ecw-th[aria-colindex="6"]') as HTMLElement;
    expect(lux.textContent).toContain("number12% missing");
    expect(lux.title).toContain("12% missing; 0 to 3600");
    expect(requests(model, "headers")).toHaveLength(1);
    model.bump();
    await until(() => requests(model, "headers").length === 2);
  });

  test("shares never round to nothing or to all", () => {
    const facts = { total: 1000, bars: [1], low: null, high: null, top: [] as [string, number][], more: 0 };
    expect([0, 1, 15, 995, 1000].map((missing) => shareMissing({ ...facts, missing }))).toEqual([
      "",
      "<1%",
      "2%",
      "99%",
      "100%",
    ]);
    expect(inWords({ ...facts, missing: 0, top: [["", 3]], more: 2 })).toBe('none missing; "" (3), 2 more');
  });

  test("screen readers hear which item it is", async () => {
    const root = await open(new FakeGrid(20));
    go(root, 3, "key:lux");
    const live = root.querySelector('[aria-live="polite"]');
    expect(live?.textContent).toMatch(/^Row 4, drive_000\/front_000003.jpg: lux/);
  });
});
