// Nodes of a filter with ids of the test's own.
import type { GroupNode, RuleNode, TreeNode } from "../src/filter_builder/traits";
import * as trees from "../src/filter_builder/tree";

export const rule = (id: string, more: Partial<RuleNode> = {}): RuleNode => ({
  ...trees.newRule("key:lux", "lt", [["n", "5"]]),
  id,
  ...more,
});
export const group = (id: string, parts: TreeNode[], more: Partial<GroupNode> = {}): GroupNode => ({
  ...trees.newGroup("and", parts),
  id,
  ...more,
});
