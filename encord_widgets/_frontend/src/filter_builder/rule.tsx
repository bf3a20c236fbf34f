import type { JSX } from "preact";
import { count } from "../shared/cells";
import type { BuilderController } from "./controller";
import { startDrag } from "./drag";
import { Inputs } from "./inputs";
import type { FilterColumn, GroupNode, RuleNode, TreeNode } from "./traits";
import { isMuted, isNegated } from "./tree";

const KINDS: [FilterColumn["kind"], string][] = [
  ["key", "Metadata"],
  ["field", "Item"],
  ["state", "Staged state"],
];
const MOVES: Record<string, "up" | "down" | "in" | "out"> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowRight: "in",
  ArrowLeft: "out",
};

interface NodeProps<T extends TreeNode> {
  controller: BuilderController;
  node: T;
  /** The group it is in; null for the whole filter. */
  parent: GroupNode | null;
  /** Something around it is muted. */
  hushed: boolean;
}

/** Keys that work anywhere in a row, except where one types. */
export function rowKeys(controller: BuilderController, node: TreeNode, event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  const typing = target instanceof HTMLInputElement && target.type !== "checkbox";
  const onHandle = target.classList.contains("ecw-f-handle");
  const direction = MOVES[event.key];
  if (direction && event.altKey && !typing) {
    event.preventDefault();
    event.stopPropagation();
    controller.move(node, direction);
  } else if (onHandle && (event.key === "Delete" || event.key === "Backspace")) {
    event.preventDefault();
    controller.remove(node);
  } else if (onHandle && event.key === "m") controller.mute(node);
  else if (onHandle && event.key === "n") controller.negate(node);
}

/** The class of a row that something is dragged over, or that is dragged itself. */
export function dragLook(controller: BuilderController, id: string, foot = false): string {
  const { dragged, dropOn } = controller;
  const over = dropOn?.id === id && foot === (dropOn.where === "last") ? `is-drop-${dropOn.where}` : "";
  return `${over} ${dragged === id && !foot ? "is-dragged" : ""}`;
}

export function Handle({ controller, node }: { controller: BuilderController; node: TreeNode }): JSX.Element {
  return (
    <button
      type="button"
      class="ecw-f-handle"
      aria-label={`Move: ${controller.words(node)}`}
      title="Drag to move. Alt + arrows move, Delete removes, M mutes, N negates"
      onPointerDown={(event) => startDrag(controller, node.id, event)}
    >
      <span aria-hidden="true">⠿</span>
    </button>
  );
}

/** How many items the node holds for, and what its group would have without it. */
export function NodeNumbers({ controller, node, parent, hushed }: NodeProps<TreeNode>): JSX.Element {
  const found = controller.counts?.by[node.id];
  let text = "";
  if (isMuted(node) || hushed) text = isMuted(node) ? "muted" : "";
  else if (found) {
    const [matches, removes] = found;
    text = `${count(matches)} match`;
    if (matches === 1) text += "es";
    if (parent && parent.parts.length > 1)
      text += `, ${parent.kind === "and" ? "removes" : "adds"} ${count(removes)}`;
  }
  return <span class="ecw-f-count">{text}</span>;
}

export function NodeButtons({ controller, node, parent }: NodeProps<TreeNode>): JSX.Element {
  const words = controller.words(node);
  return (
    <span class="ecw-f-buttons">
      <button
        type="button"
        class="ecw-f-toggle"
        aria-pressed={isNegated(node)}
        aria-label={`Negate: ${words}`}
        title="Negate: the items for which this does not hold"
        onClick={() => controller.negate(node)}
      >
        not
      </button>
      <button
        type="button"
        class="ecw-f-toggle"
        aria-pressed={isMuted(node)}
        aria-label={`Mute: ${words}`}
        title="Mute: left out, as if it were not there"
        onClick={() => controller.mute(node)}
      >
        mute
      </button>
      {parent && (
        <button
          type="button"
          class="ecw-f-toggle ecw-f-remove"
          aria-label={`Remove: ${words}`}
          title="Remove"
          onClick={() => controller.remove(node)}
        >
          ×
        </button>
      )}
    </span>
  );
}

export function Rule({ controller, node: rule, parent, hushed }: NodeProps<RuleNode>): JSX.Element {
  const column = controller.columnOf.get(rule.column);
  const problem = controller.problems[rule.id];
  const off = hushed || isMuted(rule);
  return (
    <li
      class={`ecw-f-rule ${off ? "is-off" : ""} ${dragLook(controller, rule.id)}`}
      data-node={rule.id}
      data-row={`rule:${rule.id}`}
      aria-label={controller.words(rule)}
      onKeyDown={(event) => rowKeys(controller, rule, event)}
    >
      <Handle controller={controller} node={rule} />
      <div class="ecw-f-what">
        {isNegated(rule) && <span class="ecw-f-not">not</span>}
        <Columns controller={controller} rule={rule} column={column} />
        {column?.kind !== "state" && rule.column && (
          <Operators controller={controller} rule={rule} column={column} />
        )}
        {column?.kind !== "state" && rule.column && (
          <Inputs
            controller={controller}
            rule={rule}
            column={column ?? unknown(rule.column)}
            problem={problem}
          />
        )}
        {problem && (
          <span class="ecw-f-problem" id={`${controller.prefix}-${rule.id}`}>
            <span class="ecw-sign" aria-hidden="true">
              ⚠
            </span>{" "}
            {problem}
          </span>
        )}
      </div>
      <NodeNumbers controller={controller} node={rule} parent={parent} hushed={hushed} />
      <NodeButtons controller={controller} node={rule} parent={parent} hushed={hushed} />
    </li>
  );
}

/** A column that the items do not have (any more). */
function unknown(id: string): FilterColumn {
  const label = id.replace(/^\w+:/, "");
  return { id, label, kind: "key", type: "mixed", type_label: "", options: [], ops: [], facet: false };
}

function Columns({
  controller,
  rule,
  column,
}: {
  controller: BuilderController;
  rule: RuleNode;
  column: FilterColumn | undefined;
}): JSX.Element {
  return (
    <select
      class="ecw-input ecw-f-column"
      aria-label="Column"
      title={column ? `${column.label}: ${column.type_label}` : "Column"}
      value={rule.column}
      onChange={(event) => controller.setColumn(rule, event.currentTarget.value)}
    >
      {!rule.column && (
        <option value="" disabled>
          Choose a column…
        </option>
      )}
      {rule.column && !column && <option value={rule.column}>{unknown(rule.column).label}</option>}
      {KINDS.map(([kind, title]) => (
        <optgroup key={kind} label={title}>
          {controller.columns
            .filter((one) => one.kind === kind)
            .map((one) => (
              <option key={one.id} value={one.id}>
                {kind === "state" ? `is ${one.label}` : one.label}
              </option>
            ))}
        </optgroup>
      ))}
    </select>
  );
}

function Operators({
  controller,
  rule,
  column,
}: {
  controller: BuilderController;
  rule: RuleNode;
  column: FilterColumn | undefined;
}): JSX.Element {
  const { operatorOf } = controller;
  const strict = [...operatorOf.values()].find((one) => one.any_case === rule.op);
  const base = strict?.name ?? rule.op;
  const loose = operatorOf.get(base)?.any_case ?? null;
  const offered = column?.ops ?? [];
  const ops = offered.includes(base) ? offered : [base, ...offered];
  return (
    <>
      <select
        class="ecw-input ecw-f-op"
        aria-label={`${column?.label ?? rule.column}: operator`}
        value={base}
        onChange={(event) => {
          const op = event.currentTarget.value;
          const same = rule.op === loose ? operatorOf.get(op)?.any_case : null;
          controller.setOperator(rule, same ?? op);
        }}
      >
        {ops.map((op) => (
          <option key={op} value={op}>
            {operatorOf.get(op)?.label ?? op}
          </option>
        ))}
      </select>
      {loose && (textual(column) || rule.op === loose) && (
        <button
          type="button"
          class="ecw-f-toggle"
          aria-pressed={rule.op === loose}
          aria-label={`${column?.label ?? rule.column}: letter case aside`}
          title="Letter case aside"
          onClick={() => controller.setOperator(rule, rule.op === loose ? base : loose)}
        >
          Aa
        </button>
      )}
    </>
  );
}

/** Whether letter case can matter. */
function textual(column: FilterColumn | undefined): boolean {
  return !["number", "boolean", "datetime", "uuid", "enum"].includes(column?.type ?? "");
}
