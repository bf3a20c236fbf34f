// What `_esm` is: the code of a widget is unpacked once for a page, its style stands where the view does.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { deflated } from "../dev/fake_model";

interface Loader {
  default: { render(props: object): Promise<(() => void) | undefined> };
}

const CODE = `export default { render({ el }) { const p = document.createElement("p"); p.textContent = "widget"; el.append(p); return () => p.remove(); } };`;
const known = (): Map<string, unknown> | undefined =>
  (globalThis as Record<symbol, Map<string, unknown>>)[Symbol.for("encord_widgets.code")];
const { default: loader } = (await import("../../static/loader.js" as string)) as Loader;

function open(packed: Uint8Array | null, signal?: AbortSignal): [HTMLElement, Promise<unknown>] {
  const el = document.createElement("div");
  const view = packed && new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  return [el, loader.render({ el, model: { get: () => view }, signal })];
}
beforeEach(() => {
  vi.stubGlobal("PACKED", "some_widget@0123");
});
afterEach(() => {
  known()?.clear();
  vi.unstubAllGlobals();
});

test("style and view are there, and gone at the end", async () => {
  const [el, ready] = open(await deflated(`.ecw{color:red}\0${CODE}`));
  const end = (await ready) as () => void;
  expect(el.querySelector("style")?.textContent).toBe(".ecw{color:red}");
  expect(el.querySelector("p")?.textContent).toBe("widget");
  end();
  expect(el.childNodes).toHaveLength(0);
});

test("a second view of the page unpacks nothing, and other code is other code", async () => {
  const made = vi.spyOn(URL, "createObjectURL");
  const packed = await deflated(`\0${CODE}`);
  await Promise.all([open(packed)[1], open(packed)[1]]);
  await open(packed)[1];
  expect(made).toHaveBeenCalledTimes(1);
  vi.stubGlobal("PACKED", "some_widget@4567");
  const [el, ready] = open(await deflated(`\0${CODE.replace('"widget"', '"newer"')}`));
  await ready;
  expect(el.textContent).toBe("newer");
  expect(made).toHaveBeenCalledTimes(2);
});

test("code that did not arrive is said, and tried again by the next view", async () => {
  for (const broken of [null, new Uint8Array([1, 2, 3])]) {
    const [el, ready] = open(broken);
    await expect(ready).rejects.toThrow();
    expect(el.textContent).toContain("could not be shown");
  }
  const [el, ready] = open(await deflated(`\0${CODE}`));
  await ready;
  expect(el.textContent).toBe("widget");
});

test("a view that the host ended meanwhile shows nothing", async () => {
  const controller = new AbortController();
  const [el, ready] = open(await deflated(`\0${CODE}`), controller.signal);
  controller.abort();
  await ready;
  expect(el.childNodes).toHaveLength(0);
});
