import { Component, type JSX } from "preact";
import { count, plural, stateLook } from "../shared/cells";
import { messageOf } from "../shared/client";
import { Dialog } from "../shared/dialog";
import { Status } from "../shared/ui";
import { BulkDialog, type BulkHost } from "./bulk";
import { toTsv } from "./clipboard";
import { ColumnFilter } from "./column_filter";
import type { Controller, DialogState, Refusal } from "./controller";

const MOST_JSON = 20_000;
/** Refused cells that are listed at once; the others are a click away. */
const LISTED = 500;

const SHORTCUTS: [string, string][] = [
  ["Arrows, Home, End, Page Up, Page Down", "Move; with Ctrl to the edge of the grid"],
  ["Shift + arrows, Shift + click, drag", "Select a block of cells"],
  ["Ctrl+A", "Select everything"],
  ["Enter, F2, double click", "Edit the cell"],
  ["Any character", "Edit the cell, replacing its content"],
  ["Enter, Tab", "Keep the edit and go down, or right"],
  ["Shift+Enter, Alt+Enter in a long text", "Start a new line"],
  ["Escape", "Give the edit up"],
  ["Space", "Switch a true/false cell"],
  ["Delete, Backspace", "Remove the value: the key is then not set"],
  ["Alt+N, Ctrl+Shift+N", "Set to null, which is not the same as not set"],
  ["Ctrl+C, Ctrl+V", "Copy and paste blocks, also from and to spreadsheets"],
  ["Ctrl+I", "Everything about the cell: stored JSON, type, what a commit sends"],
  ["Alt+Down in a date", "Pick date, time and zone"],
  ["Ctrl+E, Ctrl+H, Ctrl+D", "Bulk edit of the selection or all rows: set, find and replace, fill down"],
  ["Ctrl+Z; Ctrl+Y, Ctrl+Shift+Z", "Undo; redo"],
  [
    "Up from the first row",
    "Column headers: Enter or Space sorts, Alt+Down filters, Alt+Left and Alt+Right change the width",
  ],
  ["Tab", "Leave the grid"],
  ["?", "This list"],
];

export function Dialogs({ controller }: { controller: Controller }): JSX.Element | null {
  const { dialog } = controller;
  const close = (): void => controller.show(null);
  if (!dialog) return null;
  if (dialog.kind === "filter")
    return <ColumnFilter key={dialog.column.id} controller={controller} at={dialog} />;
  if (dialog.kind === "bulk") return <BulkDialog host={hostOf(controller)} at={dialog} />;
  if (dialog.kind === "help") {
    return (
      <Dialog title="Keyboard and mouse" onClose={close}>
        <dl>
          {SHORTCUTS.map(([keys, what]) => (
            <>
              <dt>{keys}</dt>
              <dd>{what}</dd>
            </>
          ))}
        </dl>
        <p class="ecw-soft ecw-dialog-note">
          Edits are staged in Python. Nothing is sent to Encord before you commit.
        </p>
      </Dialog>
    );
  }
  if (dialog.kind === "problems") {
    return (
      <Dialog title="Items that could not be read" onClose={close}>
        {dialog.problems === null ? (
          <p>Asking Python…</p>
        ) : dialog.problems.length === 0 ? (
          <p>All items could be read.</p>
        ) : (
          <dl>
            {dialog.problems.map((problem) => (
              <>
                <dt>{problem.name ?? problem.item ?? "unnamed item"}</dt>
                <dd>{problem.reason}</dd>
              </>
            ))}
          </dl>
        )}
      </Dialog>
    );
  }
  if (dialog.kind === "confirm") {
    return (
      <Dialog title={dialog.title} onClose={close}>
        <p>{dialog.note ?? "That is more than is on screen. Undo takes it back in one step."}</p>
        <button
          type="button"
          class="ecw-button ecw-primary"
          onClick={() => {
            close();
            dialog.run();
          }}
        >
          {dialog.action}
        </button>{" "}
        <button type="button" class="ecw-button" onClick={close}>
          Cancel
        </button>
      </Dialog>
    );
  }
  if (dialog.kind === "cell") return <CellDialog dialog={dialog} onClose={close} />;
  return <Refused dialog={dialog} onClose={close} />;
}

function hostOf(controller: Controller): BulkHost {
  const selection = (): { count: number; params: object } => {
    const { from, to } = controller.box().rows;
    const end = Math.min(to, controller.rows);
    return { count: end - from, params: { rows: [from, end] } };
  };
  return {
    view: controller.view,
    columns: controller.columns,
    selection,
    column: () => controller.place(controller.active.at)?.column,
    ask: (method, params) => controller.ask(method, params),
    say: (text, bad) => controller.say(text, bad),
    close: () => controller.show(null),
  };
}

type Of<K extends DialogState["kind"]> = { dialog: Extract<DialogState, { kind: K }>; onClose(): void };

/** One cell in full: what is stored, what it should be, what goes out. */
function CellDialog({ dialog, onClose }: Of<"cell">): JSX.Element {
  const { column, facts, problem } = dialog;
  const look = facts?.state ? stateLook(facts.state) : null;
  return (
    <Dialog title={column.label} onClose={onClose}>
      {problem && <p role="alert">{problem}</p>}
      {!facts && !problem && <p>Asking Python…</p>}
      {facts && (
        <dl class="ecw-cell-facts">
          <dt>Item</dt>
          <dd>
            {facts.name} <span class="ecw-soft">{facts.item}</span>
          </dd>
          <dt>Type</dt>
          <dd>
            {facts.type_label}
            {facts.hint && <div class="ecw-soft">{facts.hint}</div>}
          </dd>
          <dt>In Encord, as read</dt>
          <dd>{facts.held === "" ? <i>not set</i> : <Json text={facts.read} held={facts.held} />}</dd>
          {column.kind === "key" && (
            <>
              <dt>A commit sends</dt>
              <dd>{facts.sends === null ? "nothing for this key" : <Json text={facts.sends} />}</dd>
            </>
          )}
          {look && (
            <>
              <dt>State</dt>
              <dd>
                <Status state={facts.state ?? ""} />
                {facts.note && `: ${facts.note}`}
              </dd>
            </>
          )}
        </dl>
      )}
    </Dialog>
  );
}

function Json({ text, held }: { text: string; held?: string }): JSX.Element {
  return (
    <>
      {held && <span class="ecw-soft">{held} </span>}
      <pre>{text.length > MOST_JSON ? `${text.slice(0, MOST_JSON)}…` : text}</pre>
    </>
  );
}

/** Every cell that was refused, by reason and one by one. */
class Refused extends Component<Of<"refused">, { rows: number; copied: string; more: Refusal[] }> {
  override state = { rows: LISTED, copied: "", more: [] as Refusal[] };

  /** The next ones, from Python. */
  readonly #next = async (): Promise<void> => {
    const { refused, rest } = this.props.dialog;
    try {
      const more = [
        ...this.state.more,
        ...((await rest?.from(refused.length + this.state.more.length)) ?? []),
      ];
      this.setState({ more, rows: refused.length + more.length });
    } catch (error) {
      this.setState({ copied: messageOf(error) });
    }
  };

  readonly #copy = (): void => {
    const lines = [...this.props.dialog.refused, ...this.state.more].map((one) => [
      one.row < 0 ? "" : String(one.row + 1),
      one.name,
      one.column,
      one.text,
      one.reason,
    ]);
    const text = toTsv([["row", "item", "key", "value", "reason"], ...lines]);
    navigator.clipboard.writeText(text).then(
      () => this.setState({ copied: "Copied." }),
      () => this.setState({ copied: "The browser did not allow it." }),
    );
  };

  override render(
    { dialog, onClose }: Of<"refused">,
    { rows, copied, more }: { rows: number; copied: string; more: Refusal[] },
  ): JSX.Element {
    const { staged, title, rest } = dialog;
    const refused = [...dialog.refused, ...more];
    const total = rest?.total ?? refused.length;
    const reasons = new Map<string, number>();
    for (const { reason } of refused) {
      const kind = reason.replace(/, got [\s\S]*$/, "");
      reasons.set(kind, (reasons.get(kind) ?? 0) + 1);
    }
    return (
      <Dialog title={title} onClose={onClose}>
        <p>
          {plural(total, "cell")} kept the value {total === 1 ? "it" : "they"} had; {plural(staged, "other")}{" "}
          {staged === 1 ? "is" : "are"} staged.
        </p>
        {reasons.size < refused.length && refused.length === total && (
          <ul class="ecw-reasons">
            {[...reasons].map(([reason, n]) => (
              <li key={reason}>
                {count(n)} × {reason}
              </li>
            ))}
          </ul>
        )}
        <p>
          <button type="button" class="ecw-button ecw-small" onClick={this.#copy}>
            {refused.length < total ? "Copy those listed" : "Copy the list"}
          </button>{" "}
          <span role="status">{copied}</span>
        </p>
        <table class="ecw-refused">
          <thead>
            <tr>
              {["Row", "Item", "Key", "Value", "Reason"].map((word) => (
                <th key={word} scope="col">
                  {word}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {refused.slice(0, rows).map((one) => (
              <tr key={`${one.row} ${one.name} ${one.column}`}>
                <td>{one.row < 0 ? "" : count(one.row + 1)}</td>
                <td>{one.name}</td>
                <td>{one.column}</td>
                <td>{one.text.length > 80 ? `${one.text.slice(0, 80)}…` : one.text}</td>
                <td>{one.reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {refused.length > rows && (
          <button type="button" class="ecw-button" onClick={() => this.setState({ rows: refused.length })}>
            List the other {count(refused.length - rows)}
          </button>
        )}
        {rows >= refused.length && refused.length < total && (
          <button type="button" class="ecw-button" onClick={() => void this.#next()}>
            List more of the other {count(total - refused.length)}
          </button>
        )}
      </Dialog>
    );
  }
}
