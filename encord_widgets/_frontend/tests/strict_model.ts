// A model stricter than any host: exact event names only, no writes, every listener counted.
import type { AnyModel } from "@anywidget/types";
import type { FakeModel } from "../dev/fake_python";

export interface Rendered {
  el: HTMLElement;
  root: HTMLElement;
  end(): void;
}

interface Bundle {
  render(props: { model: AnyModel; el: HTMLElement; signal?: AbortSignal }): () => void;
}

const made = new WeakSet<FakeModel>();

/** Makes any fake refuse what hosts do not share: several names in one, unknown traits, unsubscribing without a listener. */
export function strict<T extends FakeModel>(model: T): T {
  if (made.has(model)) return model;
  made.add(model);
  const { on, off, get, send } = model;
  model.delay = 0;
  model.on = (name, listener) => {
    const trait = /^change:(\w+)$/.exec(name)?.[1];
    if (name !== "msg:custom" && (trait === undefined || !(trait in model.traits)))
      throw new Error(`No event ${name}`);
    if (typeof listener !== "function") throw new Error("A listener is a function.");
    if (model.listeners.get(name)?.has(listener)) throw new Error(`Twice the same listener for ${name}`);
    on.call(model, name, listener);
  };
  model.off = (name, listener) => {
    if (!model.listeners.get(name)?.has(listener)) throw new Error(`Not a listener of ${name}`);
    off.call(model, name, listener);
  };
  model.get = (name) => {
    if (!(name in model.traits)) throw new Error(`No trait ${name}`);
    return get.call(model, name);
  };
  model.send = (message) => {
    const plain = JSON.parse(JSON.stringify(message)) as {
      type: string;
      id: number;
      method: string;
      params: never;
    };
    if (plain.type !== "request" || !Number.isSafeInteger(plain.id)) throw new Error("Not a request");
    send.call(model, plain);
  };
  return model;
}

export function listeners(model: FakeModel): number {
  return [...model.listeners.values()].reduce((sum, all) => sum + all.size, 0);
}

export function show(bundle: Bundle, model: FakeModel, signal?: AbortSignal): Rendered {
  const el = document.createElement("div");
  document.body.append(el);
  const props = { model: model as unknown as AnyModel, el, ...(signal ? { signal } : {}) };
  const end = bundle.render(props);
  return { el, root: el.firstElementChild as HTMLElement, end };
}

export function requests(model: FakeModel, method: string): Record<string, never>[] {
  return model.sent.filter((one) => one.method === method).map((one) => one.params as Record<string, never>);
}

/** Waits until `check` holds, for what takes a few round trips. */
export async function until(check: () => unknown, what = check.toString()): Promise<void> {
  const end = Date.now() + 2_000;
  while (!check()) {
    if (Date.now() > end) throw new Error(`Never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function press(target: Element, key: string, more: KeyboardEventInit = {}): void {
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
}

/** The button of that name. */
export function button(root: Element, label: string): HTMLButtonElement {
  const all = [...root.querySelectorAll("button")];
  const found = all.find((b) => (b.getAttribute("aria-label") ?? b.textContent) === label);
  if (!found) throw new Error(`No button ${label} among ${all.map((b) => b.textContent).join(", ")}`);
  return found;
}
