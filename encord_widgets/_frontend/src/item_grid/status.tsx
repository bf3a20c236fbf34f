// The line under the grid: what the active cell is, or what just happened.
import type { JSX } from "preact";
import { type Column, count, isTruncated, jsonOf, kindOf, spoken, stateLook, textOf } from "../shared/cells";
import type { Controller, ShownCell } from "./controller";
import { readOnlyReason } from "./controller";

const SHOWN = 160;

export function StatusLine({ controller }: { controller: Controller }): JSX.Element | null {
  const { message, active } = controller;
  const place = controller.place(active.at);
  const shown = controller.cell(active.row, active.at);
  const box = controller.box();
  const rows = box.rows.to - box.rows.from;
  const cols = box.ats.to - box.ats.from;
  // Without rows there is no cell to tell about, and no line to tell it in.
  if (!message && controller.rows === 0) return null;
  const cell = active.row >= 0 && shown !== undefined;
  return (
    <div class="ecw-statusline">
      <div class="ecw-statustext" aria-live="polite" aria-atomic="true">
        {message ? (
          <span class={message.bad ? "ecw-message-bad" : ""}>
            {message.bad && (
              <span class="ecw-sign" aria-hidden="true">
                ⚠{" "}
              </span>
            )}
            {message.text}
          </span>
        ) : (
          place && (
            <>
              {active.row >= 0 && <Where controller={controller} row={active.row} />}
              <Details column={place.column} shown={shown} header={active.row < 0} />
            </>
          )
        )}
      </div>
      {cell && (
        <button
          type="button"
          class="ecw-button ecw-quiet ecw-small"
          title="Stored JSON, type, and what a commit sends (Ctrl+I)"
          onClick={() => void controller.explain()}
        >
          Details
        </button>
      )}
      {rows * cols > 1 && controller.rows > 0 && (
        <div class="ecw-soft ecw-size">
          {count(rows)} × {count(cols)} = {count(rows * cols)} cells
        </div>
      )}
    </div>
  );
}

/** For screen readers: which item it is that the rest of the line tells about. */
function Where({ controller, row }: { controller: Controller; row: number }): JSX.Element {
  const item = controller.blocks.item(row);
  return (
    <span class="ecw-sr">
      Row {count(row + 1)}
      {item !== undefined && `, ${controller.nameOf(item, row)}`}:{" "}
    </span>
  );
}

interface DetailsProps {
  column: Column;
  shown: ShownCell | undefined;
  header: boolean;
}

function Details({ column, shown, header }: DetailsProps): JSX.Element {
  const type = column.deleted ? "deleted key" : column.type_label;
  return (
    <>
      <b>{column.label}</b> <span class="ecw-soft">{type}</span>
      {header && (
        <span class="ecw-soft">
          {" "}
          · Enter sorts, Alt+Down filters{column.editable ? "" : `. ${readOnlyReason(column)}`}
        </span>
      )}
      {!header && !shown && <span class="ecw-soft"> · on its way</span>}
      {!header && shown && (
        <>
          {" · "}
          <Stored shown={shown} />
          <StateText shown={shown} column={column} />
        </>
      )}
    </>
  );
}

function Stored({ shown }: { shown: ShownCell }): JSX.Element {
  const kind = kindOf(shown.cell);
  if (kind === "absent") return <i>not set</i>;
  const whole = shown.pending && kind === "text" ? textOf(shown.cell) : jsonOf(shown.cell);
  const cut = whole.length > SHOWN || isTruncated(shown.cell);
  return (
    <code>
      {whole.slice(0, SHOWN)}
      {cut ? "…" : ""}
    </code>
  );
}

function StateText({ shown, column }: { shown: ShownCell; column: Column }): JSX.Element | null {
  if (shown.pending) return <span class="ecw-soft"> · on its way to Python</span>;
  const { state } = shown;
  if (!state) return null;
  const { sign, word } = stateLook(state.state);
  return (
    <>
      {" · "}
      <span class={`ecw-s-${state.state}`}>
        <span class="ecw-sign" aria-hidden="true">
          {sign}{" "}
        </span>
        {word}
      </span>
      {state.before !== undefined && <span class="ecw-soft">, was {spoken(state.before, column.type)}</span>}
      {state.note && <span>: {state.note}</span>}
    </>
  );
}
