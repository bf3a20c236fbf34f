// The focus after a control was pressed that then goes off or away.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { focusKeeper } from "../src/shared/focus";

let root: HTMLElement;
beforeEach(() => {
  root = document.createElement("div");
  document.body.append(root);
});
afterEach(() => root.remove());

function keeperOf(html: string): (change: () => void) => void {
  root.innerHTML = html;
  let change = (): void => undefined;
  const draw = focusKeeper(root, () => change());
  return (next) => {
    change = next;
    draw();
  };
}

function at(id: string): HTMLButtonElement {
  return root.querySelector(`#${id}`) as HTMLButtonElement;
}

function press(id: string): void {
  at(id).focus();
  at(id).click();
}

function turn(id: string, off: boolean): void {
  at(id).disabled = off;
}

const focused = (): string | undefined => document.activeElement?.id;
const BAR = `<button id="find"></button><p id="steps"><button id="undo"></button><button id="redo"></button></p><b></b>`;

describe("focus", () => {
  test("stays with the part that held what was pressed, and comes back when it is on again", () => {
    const draw = keeperOf(BAR);
    press("undo");
    draw(() => turn("undo", true));
    expect(focused()).toBe("steps");
    draw(() => turn("undo", false));
    expect(focused()).toBe("undo");
    draw(() => at("undo").remove());
    expect(focused()).toBe("steps");
  });

  test("comes back through a part that went too", () => {
    const draw = keeperOf(BAR);
    press("undo");
    draw(() => turn("undo", true));
    draw(() => root.append(at("undo"), at("redo")) ?? at("steps").remove());
    expect(document.activeElement).toBe(root);
    draw(() => turn("undo", false));
    expect(focused()).toBe("undo");
  });

  test("does not come back to where somebody pressed something else since", () => {
    const draw = keeperOf(BAR);
    press("undo");
    draw(() => turn("undo", true));
    press("redo");
    draw(() => turn("undo", false));
    expect(focused()).toBe("redo");
  });

  test("is left alone where nothing was pressed", () => {
    const draw = keeperOf(BAR);
    at("undo").focus();
    draw(() => at("undo").remove());
    expect(document.activeElement).toBe(document.body);
  });

  test("is left alone where it was sent elsewhere", () => {
    const draw = keeperOf(BAR);
    press("undo");
    draw(() => {
      at("undo").remove();
      at("find").focus();
    });
    expect(focused()).toBe("find");
  });

  test("is the grid's own affair in the grid", () => {
    const draw = keeperOf(`<p role="grid"><button id="undo"></button><button id="redo"></button></p>`);
    press("undo");
    draw(() => at("undo").remove());
    expect(document.activeElement).toBe(document.body);
  });
});
