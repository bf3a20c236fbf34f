// The built bundle, as hosts load it.
import { describe, expect, test, vi } from "vitest";
import { COLUMNS, FakeGrid } from "../dev/fake_python";
import { cell, draw, editor, go, open, ready } from "./grid_page";
import { listeners, press, requests, strict, until } from "./strict_model";

describe("rows", () => {
  test("only what is on screen is in the page, of a million rows", async () => {
    const root = await open(new FakeGrid(1_000_000));
    const grid = root.querySelector('[role="grid"]');
    expect(grid?.getAttribute("aria-rowcount")).toBe("1000001");
    expect(root.querySelectorAll('.ecw-rows [role="row"]').length).toBeLessThan(20);
    expect(Number.parseFloat((root.querySelector(".ecw-rows") as HTMLElement).style.height)).toBe(10_000_000);
    expect(cell(root, 1, "key:lux").getAttribute("aria-colindex")).toBe("6");
  });

  test("one request in flight, and where one scrolls to comes before what was passed", async () => {
    const model = new FakeGrid(100_000);
    const root = await open(model);
    const waiting: (() => void)[] = [];
    const real = model.handler;
    const before = requests(model, "rows").length;
    let flying = 0;
    let most = 0;
    const send = model.send;
    model.send = (message) => {
      if (message.method !== "rows") return send.call(model, message);
      most = Math.max(most, ++flying);
      waiting.push(() => {
        flying--;
        send.call(model, message);
      });
    };
    model.handler = real;
    const grid = root.querySelector('[role="grid"]') as HTMLElement;
    for (const row of [20_000, 40_000, 60_000]) {
      grid.scrollTop = row * 34;
      grid.dispatchEvent(new Event("scroll"));
    }
    for (let idle = 0; idle < 5; idle = waiting.length > 0 ? 0 : idle + 1) {
      waiting.shift()?.();
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    expect(most).toBe(1);
    const starts = requests(model, "rows")
      .slice(before)
      .map((params) => params.start as unknown as number);
    expect(starts[1]).toBe(60_000);
    expect(starts).not.toContain(40_000);
  });

  test("old cells stay until those of the new generation are here", async () => {
    const model = new FakeGrid(500);
    const root = await open(model);
    model.delay = 30;
    model.stage(1, "weather", "snow");
    model.bump();
    expect(root.querySelectorAll(".ecw-skeleton")).toHaveLength(0);
    await until(() => cell(root, 1, "key:weather").textContent?.includes("snow"));
  });

  test("an answer of an older generation is dropped and asked again", async () => {
    const model = new FakeGrid(500);
    const root = await open(model);
    const real = model.handler;
    let stale = 1;
    model.handler = (method, params) => {
      const answer = real(method, params);
      if (method === "rows" && stale-- > 0) (answer.result as { generation: number }).generation = 1;
      return answer;
    };
    model.stage(1, "weather", "snow");
    model.bump();
    await until(() => cell(root, 1, "key:weather").textContent?.includes("snow"));
    expect(stale).toBeLessThan(0);
  });

  test("rows that cannot be read say so, with a way to try again", async () => {
    const model = new FakeGrid(500);
    const real = model.handler;
    model.handler = () => {
      throw new Error("the kernel is out of memory");
    };
    const { root } = draw(model);
    await until(() => root.querySelector('[role="alert"]'));
    expect(root.querySelector('[role="alert"]')?.textContent).toContain("the kernel is out of memory");
    model.handler = real;
    root.querySelector<HTMLElement>('[role="alert"] button')?.click();
    await ready(root);
    expect(root.querySelector('[role="alert"]')).toBeNull();
  });

  test("metadata is text, never HTML", async () => {
    const model = new FakeGrid(3);
    model.stage(0, "city", "<img src=x onerror=alert(1)>");
    const root = await open(model);
    expect(cell(root, 0, "key:city").textContent).toContain("<img src=x");
    expect(cell(root, 0, "key:city").querySelector("img")).toBeNull();
  });

  test.each([
    [{ loading: true, expected: null }, "Reading the first items"],
    [{ loading: true, trouble: "https://a.test answered 503. Trying again, 3 of 6." }, "again, 3 of 6."],
    [{}, "There are no items here"],
    [{ load_error: "Encord refused the key (401)." }, "could not be read: Encord refused the key (401)."],
    [{ search: "zzz" }, "No item matches “zzz”."],
  ])("no rows: %j", (view, words) => {
    const { root } = draw(new FakeGrid(0, view));
    expect(root.textContent).toContain(words);
  });
});

describe("keyboard", () => {
  test("the focus survives scrolling away, and comes back into view", async () => {
    const root = await open(new FakeGrid(100_000));
    go(root, 3, "key:lux");
    const grid = root.querySelector('[role="grid"]') as HTMLElement;
    grid.scrollTop = 50_000 * 34;
    grid.dispatchEvent(new Event("scroll"));
    expect((document.activeElement as HTMLElement).dataset.row).toBe("3");
    press(document.activeElement as Element, "ArrowDown");
    expect((document.activeElement as HTMLElement).dataset.row).toBe("4");
    expect(grid.scrollTop).toBeLessThan(10 * 34);
  });

  test("exactly one cell is in the tab order, also in the header", async () => {
    const root = await open(new FakeGrid(50));
    const stops = (): Element[] => [...root.querySelectorAll('[role="grid"] [tabindex="0"]')];
    expect(stops()).toHaveLength(1);
    go(root, 0, "key:lux");
    press(document.activeElement as Element, "ArrowUp");
    expect(stops()).toHaveLength(1);
    expect(stops()[0]?.getAttribute("role")).toBe("columnheader");
  });

  test("sorting goes ascending, descending, none", async () => {
    const model = new FakeGrid(50);
    const root = await open(model);
    const header = (): HTMLElement => root.querySelectorAll<HTMLElement>(".ecw-th")[2] as HTMLElement;
    for (const sorted of ["ascending", "descending", "none"]) {
      header().click();
      await until(() => header().getAttribute("aria-sort") === sorted);
    }
    expect(requests(model, "sort").map((p) => [p.column, p.descending])).toEqual([
      ["field:name", false],
      ["field:name", true],
      [null, false],
    ]);
  });

  test("Alt+Right widens the column", async () => {
    const root = await open(new FakeGrid(50));
    go(root, 0, "key:lux");
    press(document.activeElement as Element, "ArrowUp");
    const before = Number.parseFloat((document.activeElement as HTMLElement).style.width);
    press(document.activeElement as Element, "ArrowRight", { altKey: true });
    expect(Number.parseFloat((document.activeElement as HTMLElement).style.width)).toBe(before + 16);
  });

  test("the selection is told to Python, debounced, by item", async () => {
    const model = new FakeGrid(50);
    const root = await open(model);
    go(root, 1, "key:lux");
    for (let i = 0; i < 3; i++) press(document.activeElement as Element, "ArrowDown", { shiftKey: true });
    await until(() => requests(model, "select").length > 0);
    expect(requests(model, "select")).toEqual([
      { items: ["item-1", "item-2", "item-3", "item-4"], focus: { item: "item-4", column: "key:lux" } },
    ]);
    expect(root.querySelectorAll('[aria-selected="true"]')).toHaveLength(4);
  });

  test("Delete removes the selected values in one message, and only what is set", async () => {
    const model = new FakeGrid(50);
    model.stage(1, "lux", 0);
    model.stage(2, "lux", ["n", "5"]);
    const root = await open(model);
    go(root, 1, "key:lux");
    press(document.activeElement as Element, "ArrowDown", { shiftKey: true });
    press(document.activeElement as Element, "Delete");
    await until(() => requests(model, "edit").length > 0);
    expect(requests(model, "edit")).toEqual([
      { edits: [{ item: "item-2", key: "lux", before: ["n", "5"], action: "unset", text: "" }] },
    ]);
  });

  test("an item field says that it is read only", async () => {
    const model = new FakeGrid(50);
    const root = await open(model);
    const target = go(root, 0, "field:name");
    expect(target.getAttribute("aria-readonly")).toBe("true");
    press(target, "Enter");
    expect(editor(root)).toBeNull();
    expect(root.querySelector('[aria-live="polite"]')?.textContent).toContain("cannot be edited here");
  });
});

describe("editing", () => {
  test.each(
    COLUMNS.filter((column) => column.editable).map((column) => column.id),
  )("opening and leaving %s sends nothing, set or not", async (id) => {
    const model = new FakeGrid(6);
    const key = id.replace("key:", "");
    model.stage(0, key, 0);
    model.stage(1, key, null);
    const root = await open(model);
    for (let row = 0; row < 6; row++) {
      go(root, row, "field:name");
      const at = COLUMNS.findIndex((column) => column.id === id);
      for (let i = 0; i < at; i++) press(document.activeElement as Element, "ArrowRight");
      press(document.activeElement as Element, "Enter");
      expect(editor(root)).not.toBeNull();
      press(editor(root), "Enter");
      expect(editor(root)).toBeNull();
      press(document.activeElement as Element, "F2");
      if (editor(root)) press(editor(root), "Escape");
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(requests(model, "edit")).toEqual([]);
  });

  test("typing replaces, Enter keeps it, shows it at once and goes down", async () => {
    const model = new FakeGrid(50);
    model.stage(2, "lux", ["n", "5"]);
    const root = await open(model);
    press(go(root, 2, "key:lux"), "7");
    expect(editor(root).value).toBe("7");
    editor(root).value = "7.50";
    press(editor(root), "Enter");
    expect((document.activeElement as HTMLElement).dataset.row).toBe("3");
    expect(cell(root, 2, "key:lux").textContent).toContain("7.50");
    expect(cell(root, 2, "key:lux").className).toContain("ecw-c-pending");
    await until(() => cell(root, 2, "key:lux").className.includes("ecw-c-staged"));
    expect(requests(model, "edit")).toEqual([
      { edits: [{ item: "item-2", key: "lux", before: ["n", "5"], action: "text", text: "7.50" }] },
    ]);
  });

  test("a second edit before the first is answered names what the first left", async () => {
    const model = new FakeGrid(50);
    const root = await open(model);
    model.delay = 20;
    for (const text of ["1", "2"]) {
      press(go(root, 3, "key:lux"), text);
      press(editor(root), "Enter");
    }
    await until(() => model.staged.get("item-3\nlux")?.toString() === "n,2");
    expect(requests(model, "edit")).toHaveLength(2);
    const second = requests(model, "edit")[1]?.edits as unknown as { before: unknown }[];
    expect(second[0]?.before).toEqual(["n", "1"]);
  });

  test("a cut text is read whole before it can be edited", async () => {
    const model = new FakeGrid(50);
    model.stage(0, "notes", ["t", "Glare", 910]);
    const root = await open(model);
    for (go(root, 0, "key:lux"); (document.activeElement as HTMLElement).dataset.at !== "7"; ) {
      press(document.activeElement as Element, "ArrowRight");
    }
    press(document.activeElement as Element, "Enter");
    expect(editor(root).readOnly).toBe(true);
    await until(() => editor(root).value.length === 910);
    await until(() => !editor(root).readOnly);
    press(editor(root), "Enter");
    expect(requests(model, "edit")).toEqual([]);
  });

  test("pasting a block is one message, and every refusal is listed", async () => {
    const model = new FakeGrid(50);
    const root = await open(model);
    const target = go(root, 0, "key:weather");
    const paste = new Event("paste", { bubbles: true, cancelable: true });
    Object.assign(paste, { clipboardData: { getData: () => "fog\tabc\r\nhail\t5\r\n" } });
    target.dispatchEvent(paste);
    await until(() => root.querySelector("dialog"));
    expect(requests(model, "edit")).toHaveLength(1);
    expect(requests(model, "edit")[0]?.edits).toHaveLength(4);
    expect(root.querySelector("dialog")?.textContent).toContain("2 cells of 4 not changed");
    const rows = [...root.querySelectorAll(".ecw-refused tbody tr")].map((row) =>
      [...row.children].map((cell) => cell.textContent),
    );
    expect(rows).toEqual([
      ["1", "drive_000/front_000000.jpg", "lux", "abc", 'Expected a number, such as 12 or 0.5; got "abc".'],
      ["2", "drive_000/front_000001.jpg", "weather", "hail", '"hail" is not one of sun, rain, fog, snow.'],
    ]);
  });

  test("copying gives tab separated text, and pasting it back keeps absent and null", async () => {
    const model = new FakeGrid(50);
    for (const [row, value] of [0, null, "", "null"].entries()) model.stage(row, "city", value as 0);
    const root = await open(model);
    go(root, 0, "key:city");
    for (let i = 0; i < 3; i++) press(document.activeElement as Element, "ArrowDown", { shiftKey: true });
    let copied = "";
    const event = (name: string): Event =>
      Object.assign(new Event(name, { bubbles: true, cancelable: true }), {
        clipboardData: { setData: (_: string, text: string) => (copied = text), getData: () => copied },
      });
    document.activeElement?.dispatchEvent(event("copy"));
    expect(copied).toBe("\nnull\n\nnull");
    go(root, 7, "key:city").dispatchEvent(event("paste"));
    await until(() => requests(model, "edit").length > 0);
    const edits = requests(model, "edit")[0]?.edits as unknown as { action: string; text: string }[];
    expect(edits.map((edit) => [edit.action, edit.text])).toEqual([
      ["unset", ""],
      ["null", ""],
      ["json", '""'],
      ["json", '"null"'],
    ]);
  });
});

describe("hosts", () => {
  test("cleaning up leaves no listener, no element, no blob address, no later request", async () => {
    const made: string[] = [];
    const revoked: string[] = [];
    vi.stubGlobal("URL", {
      createObjectURL: () => `blob:${made.push("x")}`,
      revokeObjectURL: (url: string) => revoked.push(url),
    });
    const model = strict(new FakeGrid(500));
    const { el, end, root } = draw(model);
    await ready(root);
    await until(() => made.length >= 5);
    end();
    expect(listeners(model)).toBe(0);
    expect(el.childNodes).toHaveLength(0);
    expect(revoked).toHaveLength(made.length);
    const sent = model.sent.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(model.sent).toHaveLength(sent);
    expect(() => end()).not.toThrow();
  });

  test("the host's signal cleans up too", () => {
    const model = strict(new FakeGrid(500));
    const controller = new AbortController();
    draw(model, controller.signal);
    controller.abort();
    expect(listeners(model)).toBe(0);
  });

  test("two views of one model work apart and show the same", async () => {
    const model = new FakeGrid(50);
    const one = draw(model);
    const two = draw(model);
    await ready(one.root);
    await ready(two.root);
    press(go(one.root, 2, "key:lux"), "7");
    press(editor(one.root), "Enter");
    expect(editor(two.root)).toBeNull();
    await until(() => cell(two.root, 2, "key:lux").textContent?.includes("7"));
    one.end();
    press(go(two.root, 3, "key:lux"), "8");
    press(editor(two.root), "Enter");
    await until(() => cell(two.root, 3, "key:lux").className.includes("ecw-c-staged"));
  });

  test("JupyterLab keeps its shortcuts to itself", () => {
    const { root } = draw(new FakeGrid(5));
    expect(root.dataset.lmSuppressShortcuts).toBe("true");
  });
});
