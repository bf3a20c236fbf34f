// What every widget does: a root of its own, the theme, the request client, a clean end.
import type { AnyModel } from "@anywidget/types";
import { type ComponentChildren, render as renderTree } from "preact";
import { RequestClient } from "./client";
import { focusKeeper } from "./focus";
import { followTheme } from "./theme";

export interface ViewProps {
  model: AnyModel;
  el: HTMLElement;
  signal?: AbortSignal;
}

export interface View {
  draw(): ComponentChildren;
  /** The page now shows what was drawn. */
  drawn?(): void;
  changed?(trait: string): void;
  close?(): void;
}

export interface Context {
  model: AnyModel;
  client: RequestClient;
  root: HTMLElement;
  /** Draws again; safe to call at any time, also after the end. */
  redraw(): void;
}

/** Keys pressed in a widget are the widget's: JupyterLab would run cells or delete them. Saving goes through. */
function keepFromHost(event: KeyboardEvent): void {
  const key = event.key.toLowerCase();
  const kept = (event.ctrlKey || event.metaKey) && (key === "s" || (event.shiftKey && key === "c"));
  if (!kept) event.stopPropagation();
}

/** Puts a widget into `el`; `view` builds its tree and is called again by `redraw` whenever a trait changes. */
export function mount(
  { model, el, signal }: ViewProps,
  name: string,
  traits: readonly string[],
  start: (context: Context) => View,
): () => void {
  const root = el.ownerDocument.createElement("div");
  root.className = `ecw ecw-${name}`;
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  root.addEventListener("keydown", keepFromHost);
  el.appendChild(root);
  const stopTheme = followTheme(root);
  const client = new RequestClient(model);
  let done = false;
  let ready = false;
  const draw = focusKeeper(root, () => {
    renderTree(view.draw(), root);
    view.drawn?.();
  });
  const redraw = (): void => {
    if (ready && !done) draw();
  };
  const view = start({ model, client, root, redraw });
  ready = true;
  const listeners = traits.map((trait) => {
    const listener = (): void => {
      view.changed?.(trait);
      redraw();
    };
    const event = `change:${trait}` as const;
    model.on(event, listener);
    return () => model.off(event, listener);
  });
  redraw();

  const cleanup = (): void => {
    if (done) return;
    done = true;
    signal?.removeEventListener("abort", cleanup);
    for (const stop of listeners) stop();
    view.close?.();
    client.close();
    stopTheme();
    renderTree(null, root);
    root.remove();
  };
  if (signal?.aborted) cleanup();
  else signal?.addEventListener("abort", cleanup, { once: true });
  return cleanup;
}
