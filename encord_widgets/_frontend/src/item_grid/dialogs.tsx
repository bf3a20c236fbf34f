import type { JSX } from "preact";
import { count } from "../shared/cells";
import { Dialog } from "../shared/ui";
import { ColumnFilter } from "./column_filter";
import type { Controller } from "./controller";

const SHORTCUTS: [string, string][] = [
  ["Arrows, Home, End, Page Up, Page Down", "Move; with Ctrl to the edge of the grid"],
  ["Shift + arrows, Shift + click, drag", "Select a block of cells"],
  ["Ctrl+A", "Select everything"],
  ["Enter, F2, double click", "Edit the cell"],
  ["Any character", "Edit the cell, replacing its content"],
  ["Enter, Tab", "Keep the edit and go down, or right"],
  ["Escape", "Give the edit up"],
  ["Space", "Switch a true/false cell"],
  ["Delete, Backspace", "Remove the value: the key is then not set"],
  ["Alt+N, Ctrl+Shift+N", "Set to null, which is not the same as not set"],
  ["Ctrl+C, Ctrl+V", "Copy and paste blocks, also from and to spreadsheets"],
  ["Ctrl+Z, Ctrl+Y", "Undo, redo"],
  [
    "Up from the first row",
    "Column headers: Enter sorts, Alt+Down filters, Alt+Left and Alt+Right change the width",
  ],
  ["Tab", "Leave the grid"],
];

export function Dialogs({ controller }: { controller: Controller }): JSX.Element | null {
  const { dialog } = controller;
  const close = (): void => controller.show(null);
  if (!dialog) return null;
  if (dialog.kind === "filter")
    return <ColumnFilter key={dialog.column.id} controller={controller} at={dialog} />;
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
  const name = (item: string): string => {
    const row = controller.blocks.rowOf(item);
    const cell = row === undefined ? undefined : controller.field(row, "field:name");
    return typeof cell === "string" && cell ? cell : item;
  };
  return (
    <Dialog title={dialog.title} onClose={close}>
      <p>
        These cells keep the value they had; the other {count(dialog.total - dialog.results.length)} are
        staged.
      </p>
      <dl>
        {dialog.results.slice(0, 200).map((result) => (
          <>
            <dt>
              {name(result.item)} · {result.key}
            </dt>
            <dd>{result.reason ?? "refused"}</dd>
          </>
        ))}
      </dl>
      {dialog.results.length > 200 && (
        <p class="ecw-soft">… and {count(dialog.results.length - 200)} more.</p>
      )}
    </Dialog>
  );
}
