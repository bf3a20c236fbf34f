// The part of the grid that comes when it is first touched: nothing is lost while it is on its way.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { COLUMNS, FakeGrid } from "../dev/fake_python";
import { press, type Rendered, requests, show, strict, until } from "./strict_model";

for (const [name, value] of Object.entries({ clientWidth: 2_600, clientHeight: 420 })) {
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => value });
}

type Bundle = Parameters<typeof show>[0];

const real = FakeGrid.more;
let bundle: Bundle;
let shown: Rendered[] = [];
let arrive = (): void => undefined;

beforeEach(async () => {
  // A page that has not fetched it yet.
  vi.resetModules();
  bundle = (await import("../../static/item_grid.js" as string)).default;
  const here = new Promise<void>((go) => {
    arrive = go;
  });
  FakeGrid.more = () => here.then(real);
});
afterEach(() => {
  for (const one of shown) one.end();
  shown = [];
  document.body.innerHTML = "";
  FakeGrid.more = real;
});

async function open(model = new FakeGrid(50)): Promise<HTMLElement> {
  const one = show(bundle, strict(model));
  shown.push(one);
  await until(() => one.root.querySelector('[data-row="0"] .ecw-text'));
  return one.root;
}
function go(root: Element, row: number, id: string): HTMLElement {
  const at = COLUMNS.findIndex((column) => column.id === id);
  const cell = (): HTMLElement => root.querySelector(`[data-row="${row}"][data-at="${at}"]`) as HTMLElement;
  cell().dispatchEvent(new MouseEvent("pointerdown", { bubbles: true, button: 0 }));
  return cell();
}
function paste(target: Element, text: string): void {
  const event = new Event("paste", { bubbles: true, cancelable: true });
  target.dispatchEvent(Object.assign(event, { clipboardData: { getData: () => text } }));
}
const styles = (root: Element): number => root.querySelectorAll("style").length;

test("what is pasted before it is here goes where it was meant for", async () => {
  const model = new FakeGrid(50);
  const root = await open(model);
  paste(go(root, 3, "key:city"), "Narvik");
  go(root, 9, "key:notes");
  expect(requests(model, "edit")).toEqual([]);
  arrive();
  await until(() => requests(model, "edit").length > 0);
  expect(requests(model, "edit")[0]?.edits).toMatchObject([{ item: "item-3", key: "city", text: "Narvik" }]);
});

test("a paste does not land in rows that moved meanwhile", async () => {
  const model = new FakeGrid(50);
  const root = await open(model);
  paste(go(root, 3, "key:city"), "Narvik");
  model.change("status", { ...model.view(), order: 2 });
  arrive();
  await until(() => root.textContent?.includes("the rows moved meanwhile"));
  expect(requests(model, "edit")).toEqual([]);
  paste(document.activeElement as Element, "Narvik");
  await until(() => requests(model, "edit").length > 0);
});

test("when it does not come that is said, and it is asked for again", async () => {
  const model = new FakeGrid(50);
  const root = await open(model);
  FakeGrid.more = () => Promise.resolve("\0this is no code");
  paste(go(root, 3, "key:city"), "Narvik");
  await until(() => root.textContent?.includes("Pasting stopped: "));
  expect(requests(model, "edit")).toEqual([]);
  FakeGrid.more = real;
  paste(document.activeElement as Element, "Narvik");
  await until(() => requests(model, "edit").length > 0);
});

test("an editor is open at once; the picker of dates joins it, and the text stays", async () => {
  const root = await open();
  press(go(root, 2, "key:captured at"), "2");
  const field = root.querySelector<HTMLInputElement>(".ecw-edit") as HTMLInputElement;
  field.value = "2025-03-01T08:30:00Z";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  expect(root.querySelector(".ecw-moment")).toBeNull();
  arrive();
  await until(() => root.querySelector(".ecw-moment"));
  expect(root.querySelector(".ecw-edit")).toBe(field);
  expect(document.activeElement).toBe(field);
  expect(field.value).toBe("2025-03-01T08:30:00Z");
  expect(root.querySelector<HTMLInputElement>(".ecw-moment input")?.value).toContain("2025-03-01T08:30");
});

test("the style of a dialog stands beside it, in each grid by itself, and leaves with it", async () => {
  arrive();
  const [one, other] = [await open(), await open()];
  for (const root of [one, other]) {
    expect(styles(root)).toBe(0);
    press(root.querySelector(".ecw-rows .is-active") as Element, "?");
    await until(() => root.querySelector("dialog"));
    expect(root.querySelector("style")?.textContent).toContain(".ecw-dialog{");
  }
  press(one.querySelector("dialog") as Element, "Escape");
  await until(() => !one.querySelector("dialog"));
  expect([styles(one), styles(other)]).toEqual([0, 1]);
  for (const view of shown) view.end();
  expect(document.querySelector("style")).toBeNull();
});

test("columns that are alike are told once", async () => {
  const told = [
    { id: "field:name", type: "text", type_label: "item field", width: 240 },
    { id: "key:lux", type: "number", width: 110, hint: "64-bit float" },
    { id: "key:speed", like: 1 },
    { id: "key:$encord", type: "json", editable: false, width: 200 },
  ];
  const model = new FakeGrid(20);
  model.traits.columns = told;
  const root = await open(model);
  const heads = [...root.querySelectorAll(".ecw-th")].map((head) => head.textContent);
  expect(heads.join(" ")).toMatch(/name.*item field.*lux.*number.*speed.*number.*\$encord.*json/);
  const cell = (at: number): Element => root.querySelector(`[data-row="0"][data-at="${at}"]`) as Element;
  for (const [at, editable] of [false, true, true, false].entries())
    expect(cell(at).getAttribute("aria-readonly") !== "true").toBe(editable);
});
