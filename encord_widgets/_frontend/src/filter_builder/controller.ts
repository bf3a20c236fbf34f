// The state of one view of the builder: the tree as edited, the text as typed, what is explored and where focus goes.
import type { AnyModel } from "@anywidget/types";
import { isClosed, messageOf, type RequestClient } from "../shared/client";
import type { Context } from "../shared/mount";
import type {
  Checked,
  Code,
  Counts,
  Facet,
  FilterColumn,
  FilterOperator,
  GroupNode,
  Named,
  RuleNode,
  TextError,
  TreeNode,
  Val,
} from "./traits";
import * as trees from "./tree";
import { spoken, valuesFor } from "./values";

const CHECK_MS = 250;
const FACET_MS = 300;

export class BuilderController {
  readonly model: AnyModel;
  readonly client: RequestClient;
  readonly root: HTMLElement;
  /** For ids in the page, where several views may show the same tree. */
  readonly prefix = `ecw-f-${trees.newId()}`;
  tree: GroupNode;
  columns: FilterColumn[] = [];
  columnOf: ReadonlyMap<string, FilterColumn> = new Map();
  operatorOf: ReadonlyMap<string, FilterOperator> = new Map();
  /** Said to screen readers. */
  message = "";
  notice: string | null = null;
  /** The text while it is being typed; null when it shows the filter. */
  typed: string | null = null;
  checked: Checked | null = null;
  explored: string | null = null;
  facet: Facet | null = null;
  facetFailure: string | null = null;
  open: "saved" | "code" | "help" | null = null;
  code: Code | null = null;
  copied = "";
  dragged: string | null = null;
  dropOn: { id: string; where: trees.Where } | null = null;
  #pending = 0;
  #wantFocus: string | null = null;
  #checkTimer: ReturnType<typeof setTimeout> | undefined;
  #facetTimer: ReturnType<typeof setTimeout> | undefined;
  #facetAsked = 0;
  #ended = false;
  readonly #draw: () => void;

  constructor({ model, client, root, redraw }: Context) {
    this.model = model;
    this.client = client;
    this.root = root;
    this.#draw = redraw;
    this.tree = model.get("tree") as GroupNode;
    this.#learn();
    this.explored = this.#firstFacet();
    void this.#readFacet();
  }

  close(): void {
    this.#ended = true;
    clearTimeout(this.#checkTimer);
    clearTimeout(this.#facetTimer);
  }

  get counts(): Counts | null {
    return this.model.get("counts") as Counts | null;
  }
  get text(): string {
    return this.model.get("text") as string;
  }
  get problems(): Record<string, string> {
    return (this.model.get("problems") as Record<string, string> | null) ?? {};
  }
  get named(): Named[] {
    return (this.model.get("named") as Named[] | null) ?? [];
  }

  readonly update = (): void => {
    if (!this.#ended) this.#draw();
  };

  changed(trait: string): void {
    if (trait === "columns" || trait === "operators") {
      this.#learn();
      if (!this.explored || !this.columnOf.get(this.explored)?.facet) this.explore(this.#firstFacet());
    }
    if (trait === "tree" && !this.#pending) this.tree = this.model.get("tree") as GroupNode;
    if (trait === "counts") {
      clearTimeout(this.#facetTimer);
      this.#facetTimer = setTimeout(() => void this.#readFacet(), FACET_MS);
    }
  }

  drawn(): void {
    const selector = this.#wantFocus;
    if (selector === null) return;
    this.#wantFocus = null;
    this.root.querySelector<HTMLElement>(selector)?.focus();
  }

  #learn(): void {
    this.columns = (this.model.get("columns") as FilterColumn[] | null) ?? [];
    this.columnOf = new Map(this.columns.map((one) => [one.id, one]));
    const operators = (this.model.get("operators") as FilterOperator[] | null) ?? [];
    this.operatorOf = new Map(operators.map((one) => [one.name, one]));
  }

  #firstFacet(): string | null {
    const offered = this.columns.filter((one) => one.facet);
    const used = [...trees.walk(this.tree)].find((node) => !trees.isGroup(node)) as RuleNode | undefined;
    return (
      (
        offered.find((one) => one.id === used?.column) ??
        offered.find((one) => one.kind === "key") ??
        offered[0]
      )?.id ?? null
    );
  }

  async ask<T>(method: string, params: object = {}): Promise<T | null> {
    try {
      const { result } = await this.client.request<T>(method, params);
      return result;
    } catch (error) {
      if (!isClosed(error)) this.notice = messageOf(error);
      this.update();
      return null;
    }
  }

  dismiss = (): void => {
    this.notice = null;
    this.update();
  };

  // -- the tree ------------------------------------------------------------------------------------------------

  /** Takes over a new tree at once and tells Python; what Python makes of it comes back as traits. */
  edit(tree: GroupNode | null, said = "", focus: string | null = null): void {
    if (!tree || tree === this.tree) return;
    this.tree = tree;
    this.typed = this.checked = null;
    this.message = said;
    this.#wantFocus = focus;
    void this.#send("set_tree", { tree });
    this.update();
  }

  async #send(method: string, params: object): Promise<void> {
    this.#pending++;
    try {
      await this.client.request(method, params);
      this.notice = null;
    } catch (error) {
      if (!isClosed(error)) this.notice = messageOf(error);
    }
    this.#pending--;
    if (!this.#pending && !this.#ended) this.tree = this.model.get("tree") as GroupNode;
    this.update();
  }

  words(node: TreeNode): string {
    return spoken(node, this.columnOf, this.operatorOf);
  }

  addRule(group: GroupNode): void {
    const rule = trees.newRule();
    const tree = trees.insert(this.tree, group.id, group.parts.length, rule);
    this.edit(tree, "Rule added; choose a column.", `[data-node="${rule.id}"] .ecw-f-column`);
  }

  addGroup(group: GroupNode): void {
    const made = trees.newGroup(group.kind === "and" ? "or" : "and");
    const tree = trees.insert(this.tree, group.id, group.parts.length, made);
    this.edit(tree, "Group added.", `[data-node="${made.id}"] .ecw-f-kind`);
  }

  remove(node: TreeNode): void {
    const found = trees.find(this.tree, node.id);
    if (!found?.parent) return;
    const { parent, at } = found;
    const next = parent.parts[at + 1] ?? parent.parts[at - 1];
    const focus = next ? `[data-node="${next.id}"] .ecw-f-handle` : `[data-foot="${parent.id}"] button`;
    this.edit(trees.remove(this.tree, node.id), `Removed: ${this.words(node)}.`, focus);
  }

  change(node: TreeNode, next: TreeNode, said = ""): void {
    this.edit(
      trees.change(this.tree, node.id, () => next),
      said,
    );
  }

  mute(node: TreeNode): void {
    const next = trees.mute(node);
    this.change(node, next, trees.isMuted(next) ? "Muted: it is left out." : "No longer muted.");
  }

  negate(node: TreeNode): void {
    const next = trees.negate(node);
    this.change(node, next, trees.isNegated(next) ? "Negated." : "No longer negated.");
  }

  setColumn(rule: RuleNode, column: string): void {
    const found = this.columnOf.get(column);
    const op = found?.ops.includes(rule.op) ? rule.op : (found?.ops[0] ?? "present");
    const same = rule.column && this.columnOf.get(rule.column)?.type === found?.type && op === rule.op;
    const operator = this.operatorOf.get(op);
    const values: Val[] =
      found?.kind === "state"
        ? [true]
        : same
          ? rule.values
          : operator
            ? valuesFor(operator, [], undefined)
            : [];
    this.edit(
      trees.change(this.tree, rule.id, () => ({ ...rule, column, op, values })),
      "",
      `[data-node="${rule.id}"] .ecw-f-column`,
    );
    if (found?.facet) this.explore(column);
  }

  setOperator(rule: RuleNode, op: string): void {
    const operator = this.operatorOf.get(op);
    const values = operator ? valuesFor(operator, rule.values, this.operatorOf.get(rule.op)) : rule.values;
    this.change(rule, { ...rule, op, values });
  }

  setValue(rule: RuleNode, at: number, value: Val): void {
    this.change(rule, { ...rule, values: Object.assign([...rule.values], { [at]: value }) });
  }

  move(node: TreeNode, direction: trees.Direction): void {
    const moved = trees.moveBy(this.tree, node.id, direction);
    if (moved) this.#moved(moved, node.id);
    else {
      this.message = direction === "in" ? "No group beside it." : "It cannot be moved further.";
      this.update();
    }
  }

  /** Ends a drag, with what it was dropped on if anything. */
  drop(): void {
    const { dragged, dropOn } = this;
    this.dragged = this.dropOn = null;
    const moved = dragged && dropOn && trees.moveNode(this.tree, dragged, dropOn.id, dropOn.where);
    if (moved) this.#moved(moved, dragged);
    else this.update();
  }

  #moved(tree: GroupNode, id: string): void {
    const found = trees.find(tree, id);
    const parent = found?.parent;
    const where = parent
      ? `Moved to place ${found.at + 1} of ${parent.parts.length} in ${parent.id === tree.id ? "the whole filter" : parent.kind === "and" ? "an all-of group" : "an any-of group"}.`
      : "";
    this.edit(tree, where, `[data-node="${id}"] .ecw-f-handle`);
  }

  // -- the text ------------------------------------------------------------------------------------------------

  type(text: string): void {
    this.typed = text;
    clearTimeout(this.#checkTimer);
    this.#checkTimer = setTimeout(() => void this.#check(text), CHECK_MS);
    this.update();
  }

  async #check(text: string): Promise<void> {
    const checked = await this.ask<Checked>("check_text", { text });
    if (this.typed !== text) return;
    this.checked = checked;
    this.update();
  }

  async applyText(): Promise<void> {
    const text = this.typed;
    if (text === null) return;
    clearTimeout(this.#checkTimer);
    const result = await this.ask<{ error: TextError | null }>("set_text", { text });
    if (!result || this.typed !== text) return;
    if (result.error) this.checked = { error: result.error, matches: null };
    else {
      this.typed = this.checked = null;
      this.message = "The filter is applied.";
      this.tree = this.model.get("tree") as GroupNode;
    }
    this.update();
  }

  dropText(): void {
    clearTimeout(this.#checkTimer);
    this.typed = this.checked = null;
    this.update();
  }

  // -- the panel beside ----------------------------------------------------------------------------------------

  explore(column: string | null): void {
    if (this.explored !== column) this.facet = null;
    this.explored = column;
    void this.#readFacet();
    this.update();
  }

  async #readFacet(): Promise<void> {
    const column = this.explored;
    const asked = ++this.#facetAsked;
    if (!column || this.#ended) return;
    try {
      const { result } = await this.client.request<Facet>("facet", { column });
      if (asked !== this.#facetAsked) return;
      this.facet = result;
      this.facetFailure = null;
    } catch (error) {
      if (isClosed(error) || asked !== this.#facetAsked) return;
      this.facetFailure = messageOf(error);
    }
    this.update();
  }

  // -- kept filters, code --------------------------------------------------------------------------------------

  show(what: "saved" | "code" | "help" | null): void {
    this.open = what;
    this.copied = "";
    this.update();
    if (what === "code") void this.#readCode();
  }

  async #readCode(): Promise<void> {
    this.code = null;
    this.code = await this.ask<Code>("code");
    this.update();
  }

  async load(name: string): Promise<void> {
    this.open = null;
    this.dropText();
    await this.#send("load_named", { name });
    this.message = `Loaded: ${name}.`;
    this.update();
  }

  async copy(what: string, text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.copied = `${what} copied.`;
    } catch {
      this.copied = "The browser refused; select the text and press Ctrl+C.";
    }
    this.update();
  }
}
