// What becomes of a text that Python refuses.
import { expect, test } from "vitest";
import { FakeGrid } from "../dev/fake_python";
import { cell, editor, go, open } from "./grid_page";
import { press, requests, until } from "./strict_model";

/** Types what is no number into a number. */
async function refuse(root: HTMLElement): Promise<void> {
  press(go(root, 2, "key:lux"), "x");
  press(editor(root), "Enter");
  await until(() => editor(root)?.getAttribute("aria-invalid") === "true");
}

test("a refusal opens the editor again with the reason, Escape restores the cell", async () => {
  const model = new FakeGrid(50);
  model.stage(2, "lux", ["n", "5"]);
  const root = await open(model);
  await refuse(root);
  const reason = document.getElementById(editor(root).getAttribute("aria-describedby") ?? "");
  expect(reason?.textContent).toContain("Expected a number");
  expect(editor(root).value).toBe("x");
  press(editor(root), "Escape");
  expect(editor(root)).toBeNull();
  expect(cell(root, 2, "key:lux").textContent).toContain("5");
});

test("a refused text waits while the focus is elsewhere, and takes the keyboard again", async () => {
  const model = new FakeGrid(50);
  const root = await open(model);
  await refuse(root);
  const elsewhere = document.body.appendChild(document.createElement("button"));
  elsewhere.focus();
  model.bump();
  expect(editor(root).value).toBe("x");
  expect(document.activeElement).toBe(elsewhere);
  cell(root, 2, "key:lux").focus();
  expect(document.activeElement).toBe(editor(root));

  elsewhere.focus();
  go(root, 6, "key:weather");
  expect(editor(root)).toBeNull();
  expect(root.querySelector(".ecw-message-bad")?.textContent).toContain("Expected a number");
  expect(document.activeElement).toBe(cell(root, 6, "key:weather"));
  expect(requests(model, "edit")).toHaveLength(1);
});

test("another cell gives a refused text up, with its reason; a changed one is another edit", async () => {
  const model = new FakeGrid(50);
  const root = await open(model);
  await refuse(root);
  go(root, 6, "key:weather");
  expect(editor(root)).toBeNull();
  expect(root.querySelector(".ecw-message-bad")?.textContent).toContain("Expected a number");

  await refuse(root);
  editor(root).value = "7";
  go(root, 6, "key:weather");
  expect(editor(root)).toBeNull();
  await until(() => model.staged.get("item-2\nlux")?.toString() === "n,7");
  expect(root.querySelector(".ecw-message-bad")).toBeNull();
});

test("a refusal after the focus went on restores the cell and tells the reason below", async () => {
  const model = new FakeGrid(50);
  model.stage(2, "lux", ["n", "5"]);
  const root = await open(model);
  press(go(root, 2, "key:lux"), "x");
  go(root, 6, "key:weather");
  await until(() => root.querySelector(".ecw-message-bad"));
  expect(root.querySelector('[aria-live="polite"]')?.textContent).toContain("Expected a number");
  expect(editor(root)).toBeNull();
  expect(cell(root, 2, "key:lux").textContent).toContain("5");
});
