// A commit panel over a model of fixed traits.
import { FakeModel } from "../dev/fake_python";
import { type Rendered, show, strict } from "./strict_model";

const { default: commit } = await import("../../static/commit_panel.js" as string);

const CLEAR = { changes: 12, items: 5, removed: 0, bundles: 1 };
export const PLAN = { ...CLEAR, invalid: 0, destroyed: 0, conflicts: 0, clear: CLEAR };
export const NONE = { changes: 0, items: 0, removed: 0, bundles: 0 };
export const PROGRESS = {
  phase: "writing",
  canary: null as number | null,
  items_total: 5,
  items_done: 2,
  verified: 1,
  already: 0,
  conflicts: 1,
  refused: 0,
  failed: 0,
  differs: 0,
  bundles_done: 0,
  bundles_total: 1,
  running: true,
  trouble: null as string | null,
};

export const shown: Rendered[] = [];

/** Takes every panel of the test off the page. */
export function endAll(): void {
  for (const one of shown.splice(0)) one.end();
}

export function panelTraits(traits: object = {}): Record<string, unknown> {
  return { summary: PLAN, progress: null, outcome: null, left_over: [], notice: "", error: null, ...traits };
}

export function render(model: FakeModel): Rendered {
  return show(commit, model);
}

export function commitOf(traits: object = {}): { model: FakeModel; root: HTMLElement } {
  const model = strict(new FakeModel(panelTraits(traits)));
  const one = render(model);
  shown.push(one);
  return { model, root: one.root };
}
