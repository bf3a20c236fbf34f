// The tree as it is edited: pure functions, each gives a new tree and leaves the old one alone.
import type { GroupNode, RuleNode, TreeNode, Val } from "./traits";

export function isGroup(node: TreeNode): node is GroupNode {
  return node.kind !== "rule";
}

/** Ids only have to differ within one tree; two views of it can make some at the same time. */
export function newId(): string {
  return Math.random().toString(36).slice(2, 10);
}

export function newRule(column = "", op = "", values: Val[] = []): RuleNode {
  return { kind: "rule", id: newId(), column, op, values, muted: false, nots: [] };
}

export function newGroup(kind: "and" | "or", parts: TreeNode[] = []): GroupNode {
  return { kind, id: newId(), parts, muted: false, nots: [] };
}

export interface Found {
  node: TreeNode;
  parent: GroupNode | null;
  at: number;
}

export function find(root: TreeNode, id: string, parent: GroupNode | null = null, at = 0): Found | null {
  if (root.id === id) return { node: root, parent, at };
  if (!isGroup(root)) return null;
  for (const [i, part] of root.parts.entries()) {
    const found = find(part, id, root, i);
    if (found) return found;
  }
  return null;
}

/** All nodes, parents first. */
export function* walk(node: TreeNode): Generator<TreeNode> {
  yield node;
  if (isGroup(node)) for (const part of node.parts) yield* walk(part);
}

/** The tree with one node changed. */
export function change<T extends TreeNode>(
  root: T,
  id: string,
  how: (node: TreeNode) => TreeNode | TreeNode[],
): T {
  const within = (node: TreeNode): TreeNode => {
    if (!isGroup(node)) return node;
    let same = true;
    const parts = node.parts.flatMap((part) => {
      const made = part.id === id ? how(part) : within(part);
      if (made !== part) same = false;
      return made;
    });
    return same ? node : { ...node, parts };
  };
  return (root.id === id ? how(root) : within(root)) as T;
}

export function remove(root: GroupNode, id: string): GroupNode {
  return change(root, id, () => []);
}

export function insert(root: GroupNode, parent: string, at: number, node: TreeNode): GroupNode {
  return change(root, parent, (group) =>
    isGroup(group)
      ? { ...group, parts: [...group.parts.slice(0, at), node, ...group.parts.slice(at)] }
      : group,
  );
}

/** Whether it is left out: it, or a negation around it, is muted. */
export function isMuted(node: TreeNode): boolean {
  return node.muted || node.nots.includes(true);
}

export function isNegated(node: TreeNode): boolean {
  return node.nots.length % 2 === 1;
}

export function mute(node: TreeNode): TreeNode {
  if (isMuted(node)) return { ...node, muted: false, nots: node.nots.map(() => false) };
  return node.nots.length ? { ...node, nots: [true, ...node.nots.slice(1)] } : { ...node, muted: true };
}

/** Negates it, or takes the outermost negation off; it stays muted if it was. */
export function negate(node: TreeNode): TreeNode {
  if (!node.nots.length) return { ...node, muted: false, nots: [node.muted] };
  const [outer, ...nots] = node.nots;
  const muted = outer === true;
  return nots.length
    ? { ...node, nots: [muted || nots[0] === true, ...nots.slice(1)] }
    : { ...node, nots, muted: muted || node.muted };
}

export type Where = "before" | "after" | "first" | "last";

/** Moves a node beside another one, or into a group; null when that is no move. */
export function moveNode(root: GroupNode, id: string, target: string, where: Where): GroupNode | null {
  const moved = find(root, id);
  if (!moved?.parent || id === target || find(moved.node, target)) return null;
  const without = remove(root, id);
  const to = find(without, target);
  if (!to) return null;
  let next: GroupNode;
  if (where === "before" || where === "after") {
    if (!to.parent) return null;
    next = insert(without, to.parent.id, to.at + (where === "after" ? 1 : 0), moved.node);
  } else {
    if (!isGroup(to.node)) return null;
    next = insert(without, to.node.id, where === "first" ? 0 : to.node.parts.length, moved.node);
  }
  const now = find(next, id);
  return now?.parent?.id === moved.parent.id && now.at === moved.at ? null : next;
}

export type Direction = "up" | "down" | "in" | "out";

/** One step by keyboard: past a neighbour, out of the group at its ends, into the group beside. */
export function moveBy(root: GroupNode, id: string, direction: Direction): GroupNode | null {
  const found = find(root, id);
  if (!found?.parent) return null;
  const { parent, at } = found;
  const [previous, next] = [parent.parts[at - 1], parent.parts[at + 1]];
  switch (direction) {
    case "up":
      return previous
        ? moveNode(root, id, previous.id, "before")
        : parent.id === root.id
          ? null
          : moveNode(root, id, parent.id, "before");
    case "down":
      return next
        ? moveNode(root, id, next.id, "after")
        : parent.id === root.id
          ? null
          : moveNode(root, id, parent.id, "after");
    case "in":
      if (previous && isGroup(previous)) return moveNode(root, id, previous.id, "last");
      return next && isGroup(next) ? moveNode(root, id, next.id, "first") : null;
    case "out":
      return parent.id === root.id ? null : moveNode(root, id, parent.id, "after");
  }
}

export interface RowBox {
  id: string;
  kind: "rule" | "group" | "foot";
  top: number;
  bottom: number;
}

/** Where a drag at height `y` would put what is dragged. The foot of a group stands for its end. */
export function dropAt(rows: readonly RowBox[], y: number): { id: string; where: Where } | null {
  const row = rows.find((one) => y < one.bottom) ?? rows.at(-1);
  if (!row) return null;
  if (row.kind === "foot") return { id: row.id, where: "last" };
  if (y < (row.top + row.bottom) / 2) return { id: row.id, where: "before" };
  return { id: row.id, where: row.kind === "group" ? "first" : "after" };
}

/** The tree as an all-of group that rules can be added to without changing what the rest means. */
export function asAll(root: GroupNode): GroupNode {
  const plain = root.kind === "and" && root.nots.length === 0 && !root.muted;
  return plain ? root : newGroup("and", root.parts.length ? [root] : []);
}

/** The plain rule on a column with one of these operators that the panel beside works on, if there is one. */
export function ruleOn(root: GroupNode, column: string, ops: readonly string[]): RuleNode | null {
  if (asAll(root) !== root) return null;
  for (const part of root.parts) {
    if (part.kind === "rule" && part.column === column && ops.includes(part.op) && !isMuted(part))
      if (part.nots.length === 0) return part;
  }
  return null;
}

/** The tree with a range of a column, or without one when it is null. */
export function withRange(root: GroupNode, column: string, range: [Val, Val] | null): GroupNode {
  const rule = ruleOn(root, column, ["between"]);
  if (rule) return range ? change(root, rule.id, () => ({ ...rule, values: range })) : remove(root, rule.id);
  if (!range) return root;
  const all = asAll(root);
  return { ...all, parts: [...all.parts, newRule(column, "between", range)] };
}

export function sameVal(a: Val, b: Val): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The tree with a value put into the any-of rule of its column, or taken out of it when it is there. */
export function withValue(root: GroupNode, column: string, value: Val): GroupNode {
  const rule = ruleOn(root, column, ["in", "is"]);
  if (!rule) {
    const all = asAll(root);
    return { ...all, parts: [...all.parts, newRule(column, "in", [value])] };
  }
  const has = rule.values.some((one) => sameVal(one, value));
  const values = has ? rule.values.filter((one) => !sameVal(one, value)) : [...rule.values, value];
  if (!values.length) return remove(root, rule.id);
  return change(root, rule.id, () => ({ ...rule, op: "in", values }));
}

/** The tree with a rule without arguments, such as absent; without it when it is there. */
export function withRule(root: GroupNode, column: string, op: string, values: Val[] = []): GroupNode {
  const rule = ruleOn(root, column, [op]);
  if (rule && JSON.stringify(rule.values) === JSON.stringify(values)) return remove(root, rule.id);
  const all = asAll(root);
  return { ...all, parts: [...all.parts, newRule(column, op, values)] };
}
