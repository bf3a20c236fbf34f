// The built bundle of the inspector, and its pure parts.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { inspectorModel, ROWS } from "../dev/fake_inspector";
import type { FakeModel } from "../dev/fake_python";
import {
  asJson,
  choicesOf,
  frameText,
  type Group,
  type InspectorView,
  labelAt,
  type MetadataRow,
  partsOf,
  placeText,
  shapeOf,
  typeText,
} from "../src/inspector/traits";
import { listeners, press, type Rendered, requests, show, strict, until } from "./strict_model";

const { default: bundle } = await import("../../static/inspector.js" as string);
const rowOf = (key: string): MetadataRow => ROWS.find((row) => row.key === key) as MetadataRow;

let shown: Rendered[] = [];
const revoked: string[] = [];
beforeEach(() => {
  let made = 0;
  vi.stubGlobal(
    "URL",
    Object.assign(URL, {
      createObjectURL: () => `blob:test/${++made}`,
      revokeObjectURL: (url: string) => revoked.push(url),
    }),
  );
});
afterEach(() => {
  for (const one of shown) one.end();
  shown = [];
  revoked.length = 0;
  vi.unstubAllGlobals();
});

function inspector(state: string): { model: FakeModel; root: HTMLElement; one: Rendered } {
  const model = strict(inspectorModel(state));
  const one = show(bundle, model);
  shown.push(one);
  return { model, root: one.root, one };
}
function button(root: Element, label: string): HTMLButtonElement {
  const all = [...root.querySelectorAll("button")];
  const named = all.find((one) => (one.getAttribute("aria-label") ?? one.textContent) === label);
  if (!named) throw new Error(`No button ${label} among ${all.map((one) => one.textContent).join(", ")}`);
  return named;
}
function field<T extends Element>(root: Element, label: string): T {
  const found = root.querySelector<T>(`[aria-label="${label}"]`);
  if (!found) throw new Error(`No field ${label}`);
  return found;
}
function type(input: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement, text: string): void {
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

describe("words", () => {
  test("which editor a value gets", () => {
    expect(shapeOf(rowOf("weather"))).toBe("choice");
    expect(shapeOf(rowOf("reviewed"))).toBe("choice");
    expect(shapeOf(rowOf("lux"))).toBe("line");
    expect(shapeOf(rowOf("notes"))).toBe("area");
    expect(shapeOf(rowOf("where"))).toBe("area");
    expect(shapeOf({ ...rowOf("lux"), type: "varchar", cell: "x".repeat(100) })).toBe("area");
    expect([asJson(rowOf("clip")), asJson(rowOf("notes"))]).toEqual([true, false]);
    expect(choicesOf(rowOf("reviewed"))).toEqual(["true", "false"]);
  });

  test("a stored value of another type says so", () => {
    expect(typeText(rowOf("lux"))).toBe("number, stored as text");
    expect(typeText(rowOf("weather"))).toBe("enum of 5");
    expect(typeText(rowOf("clip"))).toBe("embedding (3)");
    expect(typeText({ ...rowOf("clip"), held: "text" })).toBe("embedding (3), stored as text");
    expect(typeText({ ...rowOf("weather"), held: "null" })).toBe("enum of 5");
    expect(partsOf(rowOf("clip"))).toBe("3 numbers, norm 0.6107");
    expect(partsOf({ ...rowOf("clip"), norm: null })).toBe("3 values");
    expect(partsOf({ ...rowOf("where"), count: 1 })).toBe("1 key");
  });

  test("where an item and a frame are", () => {
    const view = { position: 6, total: 12_000 } as InspectorView;
    expect(placeText(view, null)).toBe("7 of 12,000");
    expect(placeText({ ...view, position: null }, null)).toBe("not in view");
    const group = { frames: [{ item: "f-1" }, { item: "f-2" }] } as Group;
    expect(placeText({ ...view, item: "f-2" }, group)).toBe("frame 2 of 2");
    expect(placeText({ ...view, item: "group" }, group)).toBe("7 of 12,000");
    expect(frameText({ label: "15", seconds: 1.5, keys: 0, embeddings: [] }, "frame")).toBe(
      "15 at 1.5 s: key frame only",
    );
    expect(frameText({ label: "2.5", seconds: 2.5, keys: 2, embeddings: [["clip", 512]] }, "seconds")).toBe(
      "2.5 s: 2 values, embedding clip (512)",
    );
    expect(frameText({ label: "x", seconds: null, keys: 1, embeddings: [] }, "frame")).toBe("x: 1 value");
  });

  test("the frame on screen at a moment", () => {
    expect(labelAt(1.5, "frame", 10)).toBe("15");
    expect(labelAt(1.59, "frame", 10)).toBe("15");
    expect(labelAt(0.3 - 1e-9, "frame", 10)).toBe("3");
    expect(labelAt(1.23456, "seconds", null)).toBe("1.235");
    expect(labelAt(1, "frame", null)).toBeNull();
  });
});

describe("the item", () => {
  test("all states render, and leave nothing behind", () => {
    for (const state of ["image", "video", "wrong", "group", "reading", "failed", "text", "none", "empty"]) {
      const model = strict(inspectorModel(state));
      const one = show(bundle, model);
      expect(one.root.textContent).not.toBe("");
      one.end();
      expect(listeners(model)).toBe(0);
      expect(one.el.childElementCount).toBe(0);
    }
  });

  test("its picture is made of bytes, and let go of with the next", async () => {
    const later = globalThis.setTimeout;
    vi.stubGlobal("setTimeout", (work: () => void, ms: number) => later(work, ms === 5_000 ? 1 : ms));
    const { model, root } = inspector("image");
    await until(() => root.querySelector("img[src^='blob:']"), "a picture");
    const first = root.querySelector("img")?.src ?? "";
    expect(requests(model, "media")).toEqual([
      { item: (model.get("view") as InspectorView).item, way: "any" },
    ]);
    model.change("view", { ...(model.get("view") as object) });
    expect(requests(model, "media")).toHaveLength(1);
    model.change("view", { ...(model.get("view") as object), item: "another" });
    await until(
      () => root.querySelector("img") && root.querySelector("img")?.src !== first,
      "another picture",
    );
    await until(() => revoked.length > 0);
    expect(revoked).toEqual([first]);
  });

  test("an address that fails is given up for bytes, then for words", async () => {
    const { model, root } = inspector("address");
    const src = (): string => root.querySelector("img")?.src ?? "";
    await until(() => src() === "https://media.example/any?sig=1");
    root.querySelector("img")?.dispatchEvent(new Event("error"));
    await until(() => src() === "https://media.example/bytes?sig=1");
    root.querySelector("img")?.dispatchEvent(new Event("error"));
    await until(() => root.textContent?.includes("could not be loaded"));
    expect(requests(model, "media").map((one) => one.way)).toEqual(["any", "bytes"]);
  });

  test("an address that has expired is signed anew", async () => {
    const { model, root } = inspector("address");
    await until(() => root.querySelector("img"));
    const now = Date.now();
    const clock = vi.spyOn(Date, "now").mockReturnValue(now + 60_000);
    root.querySelector("img")?.dispatchEvent(new Event("error"));
    clock.mockRestore();
    await until(() => root.querySelector("img")?.src === "https://media.example/address?sig=1");
    expect(requests(model, "media").map((one) => one.way)).toEqual(["any", "address"]);
  });

  test("what could be a page is not shown", async () => {
    const { root } = inspector("page");
    await until(() => root.textContent?.includes("There is nothing to show."));
    expect(root.querySelector("img, iframe, object, embed")).toBeNull();
  });

  test("text is text", async () => {
    const { root } = inspector("text");
    await until(() => root.querySelector("pre")?.textContent?.includes("waypoint 017"));
  });

  test("steps and follows", () => {
    const { model, root } = inspector("image");
    button(root, "Next item").click();
    button(root, "Previous item").click();
    expect(requests(model, "step")).toEqual([{ back: false }, { back: true }]);
    root.querySelector<HTMLInputElement>("input[type=checkbox]")?.click();
    expect(requests(model, "follow")).toEqual([{ on: false }]);
  });
});

describe("metadata", () => {
  test("names and values are text nodes", () => {
    const { root } = inspector("image");
    const tree = root.querySelector(".ecw-tree");
    expect(tree?.textContent).toContain("<img src=x onerror=alert(1)>");
    expect(tree?.querySelector("img, b")).toBeNull();
  });

  test("nested values unfold on request, and are read again when they change", async () => {
    const { model, root } = inspector("image");
    button(root, "▸where").click();
    await until(() => root.querySelector("[aria-label='Parts of where']")?.textContent?.includes("latitude"));
    button(root, "▸inner").click();
    await until(() => root.querySelector("[aria-label='Parts of inner']"));
    expect(requests(model, "branches").map((one) => one.path)).toEqual([["where"], ["where", "inner"]]);
    button(root.querySelector("[aria-label='Parts of where']") as Element, "Show more of 2 left").click();
    await until(() => root.querySelector("[aria-label='Parts of where']")?.textContent?.includes("fourth"));
    expect(requests(model, "branches")[2]).toMatchObject({ path: ["where", "inner"], start: 2 });
    model.change("metadata", [...ROWS]);
    await until(() => requests(model, "branches").length === 5);
    button(root, "▾where").click();
    await until(() => root.querySelector("[aria-label='Parts of where']") === null);
  });

  test("a choice is staged with what was there before", async () => {
    const { model, root } = inspector("image");
    button(root, "Edit weather").focus();
    button(root, "Edit weather").click();
    await until(() => root.querySelector("select"));
    const select = field<HTMLSelectElement>(root, "Value of weather");
    expect(document.activeElement).toBe(select);
    expect([...select.options].map((one) => one.value)).toContain("rain");
    select.value = "snow";
    button(root, "Stage").click();
    await until(() => root.querySelector(".ecw-insp-editor") === null, "the editor is gone");
    expect(document.activeElement).toBe(button(root, "Edit weather"));
    const { item } = model.get("view") as InspectorView;
    expect(requests(model, "edit")).toEqual([
      { item, key: "weather", action: "text", text: "snow", before: "fog" },
    ]);
  });

  test("an unchanged value is no edit; Escape leaves", async () => {
    const { model, root } = inspector("image");
    button(root, "Edit lux").click();
    await until(() => root.querySelector("[aria-label='Value of lux']"));
    button(root, "Stage").click();
    await until(() => root.querySelector(".ecw-insp-editor") === null);
    button(root, "Edit lux").click();
    await until(() => root.querySelector("[aria-label='Value of lux']"));
    press(field(root, "Value of lux"), "Escape");
    await until(() => root.querySelector(".ecw-insp-editor") === null);
    expect(requests(model, "edit")).toEqual([]);
  });

  test("what was typed is not lost without a word when the selection moves on", async () => {
    const { model, root } = inspector("image");
    button(root, "Edit lux").click();
    await until(() => root.querySelector("[aria-label='Value of lux']"));
    type(field<HTMLInputElement>(root, "Value of lux"), "42");
    model.change("view", { ...(model.get("view") as object), item: "another" });
    expect(root.querySelector(".ecw-insp-editor")).toBeNull();
    expect(root.querySelector("[role=alert]")?.textContent).toContain(
      "before lux was staged. What was typed: 42",
    );
    button(root, "Edit lux").click();
    await until(() => root.querySelector("[aria-label='Value of lux']"));
    model.change("view", { ...(model.get("view") as object), item: "a third" });
    expect(root.querySelector("[role=alert]")).toBeNull();
  });

  test("a refusal stays beside what was typed", async () => {
    const { root } = inspector("image");
    button(root, "Edit lux").click();
    await until(() => root.querySelector("[aria-label='Value of lux']"));
    type(field<HTMLInputElement>(root, "Value of lux"), "bad");
    button(root, "Stage").click();
    await until(() => root.querySelector("[role=alert]")?.textContent?.includes("Expected a number"));
    expect(field<HTMLInputElement>(root, "Value of lux").value).toBe("bad");
  });

  test("a long value is read whole before it is edited; null and removal need no text", async () => {
    const { model, root } = inspector("image");
    button(root, "Edit notes").click();
    await until(() => root.querySelector("textarea"));
    expect(root.querySelector("textarea")?.value).toBe("the whole text");
    expect(requests(model, "value")[0]?.path).toEqual(["notes"]);
    button(root, "Set to null").click();
    await until(() => root.querySelector(".ecw-insp-editor") === null);
    button(root, "Edit reviewed").click();
    await until(() => root.querySelector("select"));
    button(root, "Remove key").click();
    await until(() => requests(model, "edit").length === 2);
    expect(requests(model, "edit").map((one) => one.action)).toEqual(["null", "unset"]);
  });

  test("a key of the schema is added by its type", async () => {
    const { model, root } = inspector("image");
    type(field<HTMLInputElement>(root, "Key to add"), "city");
    await until(() => !button(root, "Add value").disabled);
    button(root, "Add value").click();
    await until(() => root.querySelector("[aria-label='Value of city']"));
    type(field<HTMLInputElement>(root, "Value of city"), "Oslo");
    button(root, "Stage").click();
    await until(() => requests(model, "edit").length === 1);
    expect(requests(model, "edit")[0]).toMatchObject({ key: "city", text: "Oslo", before: 0 });
  });
});

describe("frames", () => {
  test("settings are staged one by one", async () => {
    const { model, root } = inspector("video");
    const rate = root.querySelector<HTMLInputElement>(".ecw-insp-block .ecw-insp-rate");
    if (!rate) throw new Error("No sampling rate");
    rate.value = "2";
    rate.dispatchEvent(new Event("change", { bubbles: true }));
    await until(() => requests(model, "set_config").length === 1);
    expect(requests(model, "set_config")[0]).toMatchObject({ name: "sampling_rate", text: "2" });
  });

  test("a frame opens, holds values and can be removed", async () => {
    const { model, root } = inspector("video");
    button(root, "0 at 0 s: key frame only").click();
    expect(requests(model, "open_label")[0]).toMatchObject({ label: "0" });
    const frame = root.querySelector("[aria-label='Frame 15']") as Element;
    button(frame, "Edit weather").click();
    await until(() => frame.querySelector("select"));
    expect(root.querySelectorAll(".ecw-insp-editor")).toHaveLength(1);
    (frame.querySelector("select") as HTMLSelectElement).value = "rain";
    button(frame, "Stage").click();
    await until(() => requests(model, "edit_frame").length === 1);
    expect(requests(model, "edit_frame")[0]).toMatchObject({ label: "15", key: "weather", text: "rain" });
    button(frame, "Remove key frame").click();
    expect(requests(model, "remove_frame")[0]).toMatchObject({ label: "15" });
  });

  test("what is wrong, unknown or deprecated is said", () => {
    const { model, root } = inspector("wrong");
    expect(root.textContent).toContain(
      "$encord.config.sampling_rate: expected a number of samples per second",
    );
    expect(root.textContent).toContain("kept as it is: $encord.later");
    button(root, "Move to $encord.frames").click();
    expect(requests(model, "move_keyframes")).toHaveLength(1);
  });

  test("frames of a group are opened, chosen and committed", async () => {
    const reading = inspector("reading");
    expect(requests(reading.model, "open_frames")).toEqual([{ group: "group-1" }]);
    const { model, root } = inspector("group");
    expect(requests(model, "open_frames")).toEqual([]);
    expect(requests(model, "media")).toEqual([]);
    button(root, "Frame 2: street_000014_frame_2.jpg, 1 edit staged").click();
    button(root, "Commit 1 edit of frames").click();
    expect(requests(model, "show_frame")).toEqual([{ frame: "frame-2" }]);
    expect(requests(model, "commit_frames")).toEqual([{ group: "group-1" }]);
    await until(() => root.querySelector(".ecw-insp-thumb img"), "thumbnails");
  });

  test("frames that could not be read can be asked for again", () => {
    const { model, root } = inspector("failed");
    expect(root.querySelector("[role=alert]")?.textContent).toContain("did not answer");
    button(root, "Try again").click();
    expect(requests(model, "open_frames")).toHaveLength(1);
  });
});
