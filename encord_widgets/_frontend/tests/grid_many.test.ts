// Copies and pastes of more rows than the page takes in hand.
import { expect, test, vi } from "vitest";
import { deflated } from "../dev/fake_model";
import { FakeGrid } from "../dev/fake_python";
import { inflate } from "../src/shared/unpack";
import { open } from "./grid_page";
import { press, requests, until } from "./strict_model";

const active = (root: Element): HTMLElement => root.querySelector(".ecw-rows .is-active") as HTMLElement;
const primary = (root: Element): HTMLButtonElement =>
  root.querySelector("dialog .ecw-primary") as HTMLButtonElement;
const said = (root: Element): string => root.textContent ?? "";
function clip(target: Element, kind: "copy" | "paste", text = ""): void {
  const event = new Event(kind, { bubbles: true, cancelable: true });
  Object.assign(event, { clipboardData: { getData: () => text, setData: () => undefined } });
  target.dispatchEvent(event);
}

test("copying asks first with the number; the click takes the text that Python made", async () => {
  const model = new FakeGrid(100_000);
  const real = model.handler;
  model.handler = (method, params) =>
    method === "copy" ? { result: {}, buffers: [deflated("a\tb")] } : real(method, params);
  const root = await open(model);
  const written: string[] = [];
  vi.stubGlobal(
    "ClipboardItem",
    class {
      constructor(readonly parts: Record<string, Promise<Blob & { code: string }>>) {}
    },
  );
  const write = async ([item]: { parts: Record<string, Promise<{ code: string }>> }[]): Promise<void> => {
    written.push((await item?.parts["text/plain"])?.code ?? "");
  };
  vi.stubGlobal("navigator", { clipboard: { write } });
  press(active(root), "a", { ctrlKey: true });
  clip(active(root), "copy");
  await until(() => root.querySelector("dialog"));
  expect(root.querySelector("dialog")?.textContent).toMatch(/Copy [\d,]+ cells of 100,000 rows\?/);
  expect(requests(model, "copy")).toHaveLength(0);
  primary(root).click();
  await until(() => written.length > 0);
  expect(written).toEqual(["a\tb"]);
  expect(requests(model, "copy")[0]).toMatchObject({ rows: [0, 100_000], order: 1 });
  await until(() => / cells copied\./.test(said(root)));
});

test("pasting sends the text as one buffer; refused cells are listed page by page", async () => {
  const model = new FakeGrid(100_000);
  const sent: ArrayBuffer[] = [];
  const page = (start: number): object[] =>
    Array.from({ length: Math.min(500, 700 - start) }, (_, i) => ({
      row: start + i + 1,
      name: `n${start + i}`,
      key: "lux",
      text: "x",
      reason: "expected a number, got 'x'",
    }));
  const real = model.handler;
  model.handler = (method, params) => {
    if (method === "paste") return { result: { staged: 19_300, same: 0, refused: 700 } };
    if (method === "refused") return { result: { refused: page((params as { start: number }).start) } };
    return real(method, params);
  };
  const root = await open(model);
  const strictSend = model.send as (...all: unknown[]) => void;
  model.send = (message, ...more: unknown[]) => {
    if (message.method === "paste") sent.push((more[1] as ArrayBuffer[])[0] as ArrayBuffer);
    strictSend.call(model, message);
  };
  const text = Array.from({ length: 10_000 }, () => "x\ty").join("\n");
  clip(active(root), "paste", text);
  await until(() => root.querySelector("dialog"));
  expect(root.querySelector("dialog")?.textContent).toContain("Paste about 10,000 rows of 2 cells?");
  expect(requests(model, "paste")).toHaveLength(0);
  primary(root).click();
  await until(() => root.querySelectorAll("dialog tbody tr").length === 500);
  expect(await inflate(new Uint8Array(sent[0] as ArrayBuffer))).toBe(text);
  expect(requests(model, "paste")[0]).toMatchObject({ rows: [0, 10_000] });
  expect((requests(model, "paste")[0] as { columns?: string[] }).columns).toHaveLength(2);
  expect(root.querySelector("dialog")?.textContent).toContain("700 cells of 20,000 not changed");
  const more = [...root.querySelectorAll<HTMLButtonElement>("dialog button")].find((one) =>
    one.textContent?.includes("other 200"),
  );
  more?.click();
  await until(() => root.querySelectorAll("dialog tbody tr").length === 700);
  expect(root.querySelector("dialog")?.textContent).toContain("n699");
});

test("what Python says against it is said", async () => {
  const model = new FakeGrid(100_000);
  const real = model.handler;
  model.handler = (method, params) => {
    if (method === "paste") throw new Error("one paste takes up to 1,000,000 cells, this is 2,000,000.");
    return real(method, params);
  };
  const root = await open(model);
  clip(active(root), "paste", "x\n".repeat(6_000));
  await until(() => root.querySelector("dialog"));
  primary(root).click();
  await until(() => said(root).includes("Nothing was pasted: one paste takes up to 1,000,000 cells"));
});
