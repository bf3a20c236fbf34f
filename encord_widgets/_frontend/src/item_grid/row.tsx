// One row on screen, and its cells.
import type { JSX } from "preact";
import { type Column, count, display, kindOf, spoken, stateLook, textOf } from "../shared/cells";
import { Icon, type IconName } from "../shared/ui";
import type { Controller, ShownCell } from "./controller";
import { Editor } from "./editor";
import { GUTTER, type Place, type Range, ROW, THUMB } from "./geometry";

interface RowProps {
  controller: Controller;
  row: number;
  top: number;
  /** Kept in the page for the focus only. */
  outside: boolean;
  /** Popovers open upwards. */
  above: boolean;
  shown: Range;
}

export function Row({ controller, row, top, outside, above, shown }: RowProps): JSX.Element {
  const { active, editor } = controller;
  const { places, width } = controller.layout;
  const editing = editor?.row === row;
  const item = controller.blocks.item(row);
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: its cells take the focus
    <div
      class={`ecw-row ${outside ? "is-outside" : ""} ${editing ? "is-editing" : ""}`}
      role="row"
      aria-rowindex={row + 2}
      style={{ transform: `translateY(${top}px)`, width: `${width}px`, height: `${ROW}px` }}
    >
      <div
        class="ecw-td ecw-frozen ecw-gutter"
        role="rowheader"
        tabIndex={-1}
        aria-colindex={1}
        data-row={row}
        data-at={-1}
        title={item ? `Item ${item}` : undefined}
        style={{ left: 0, width: `${GUTTER}px` }}
      >
        {count(row + 1)}
      </div>
      <div
        class="ecw-td ecw-frozen ecw-thumb"
        role="gridcell"
        tabIndex={-1}
        aria-colindex={2}
        style={{ left: `${GUTTER}px`, width: `${THUMB}px` }}
      >
        {item !== undefined && <Thumbnail controller={controller} row={row} item={item} />}
      </div>
      {places.map((place, at) => {
        const here = active.row === row && active.at === at;
        const isEditor = editing && editor.column.id === place.column.id;
        if (!place.frozen && !here && !isEditor && (at < shown.from || at >= shown.to)) return null;
        return (
          <GridCell
            key={place.column.id}
            controller={controller}
            row={row}
            at={at}
            place={place}
            above={above}
            editing={isEditor}
          />
        );
      })}
    </div>
  );
}

interface CellProps {
  controller: Controller;
  row: number;
  at: number;
  place: Place;
  above: boolean;
  editing: boolean;
}

function GridCell({ controller, row, at, place, above, editing }: CellProps): JSX.Element {
  const { column } = place;
  const active = controller.active.row === row && controller.active.at === at;
  const selected = controller.selected(row, at);
  const shown = controller.cell(row, at);
  const state = shown?.pending ? "pending" : shown?.state?.state;
  const kind = shown ? kindOf(shown.cell) : "loading";
  const classes = ["ecw-td", `ecw-k-${kind}`];
  if (place.frozen) classes.push("ecw-frozen", "ecw-last-frozen");
  if (active) classes.push("is-active");
  if (selected) classes.push("is-selected");
  if (editing) classes.push("is-open");
  if (state) classes.push(`ecw-c-${state}`);
  if (column.type === "number") classes.push("is-number");
  return (
    <div
      class={classes.join(" ")}
      role="gridcell"
      tabIndex={active ? 0 : -1}
      aria-colindex={at + 3}
      aria-selected={selected}
      aria-readonly={!column.editable}
      aria-invalid={state === "invalid" ? "true" : undefined}
      aria-busy={shown ? undefined : true}
      data-row={row}
      data-at={at}
      title={shown && !editing ? tooltip(shown, column) : undefined}
      style={{ left: `${place.left}px`, width: `${place.width}px` }}
      onFocus={(event) => event.currentTarget.querySelector<HTMLElement>(".ecw-edit")?.focus()}
    >
      {shown ? <Content shown={shown} column={column} state={state} /> : <span class="ecw-skeleton" />}
      {editing && controller.editor && (
        <Editor
          key={controller.editor.session}
          controller={controller}
          editor={controller.editor}
          above={above}
          leftwards={place.left - controller.left + (column.type === "text" ? 560 : 340) > controller.width}
        />
      )}
    </div>
  );
}

function Content({
  shown,
  column,
  state,
}: {
  shown: ShownCell;
  column: Column;
  state: string | undefined;
}): JSX.Element {
  const look = state ? stateLook(state) : null;
  const kind = kindOf(shown.cell);
  // What was typed is shown as typed until Python says what it is.
  const text = shown.pending && kind === "text" ? textOf(shown.cell) : display(shown.cell, column.type);
  return (
    <>
      {kind === "absent" ? (
        <span class="ecw-text">
          <span aria-hidden="true">—</span>
          <span class="ecw-sr">not set</span>
        </span>
      ) : kind === "boolean" && !shown.pending ? (
        <span class="ecw-text">
          <span class={`ecw-sign ecw-bool-${String(shown.cell)}`} aria-hidden="true">
            {shown.cell ? "✓" : "✗"}
          </span>{" "}
          {shown.cell ? "true" : "false"}
        </span>
      ) : (
        <span class="ecw-text">{text}</span>
      )}
      {look && (
        <span class="ecw-mark">
          <span class="ecw-sign" aria-hidden="true">
            {look.sign}
          </span>
          <span class="ecw-sr">{look.word}</span>
        </span>
      )}
    </>
  );
}

export function tooltip({ cell, state, pending }: ShownCell, column: Column): string {
  const lines = [spoken(cell, column.type)];
  if (pending) lines.push("on its way to Python");
  else if (state) {
    lines.push(state.note ? `${stateLook(state.state).word}: ${state.note}` : stateLook(state.state).word);
    if (state.before !== undefined) lines.push(`was: ${spoken(state.before, column.type)}`);
  }
  return lines.join("\n");
}

function Thumbnail({
  controller,
  row,
  item,
}: {
  controller: Controller;
  row: number;
  item: string;
}): JSX.Element {
  const thumb = controller.thumbs.get(item);
  const type = controller.field(row, "field:item_type");
  const word = typeof type === "string" ? type.replaceAll("_", " ").toLowerCase() : "item";
  if (thumb?.url) {
    return (
      <img
        src={thumb.url}
        alt=""
        width={36}
        height={28}
        draggable={false}
        referrerpolicy="no-referrer"
        onError={() => controller.thumbs.broken(item)}
      />
    );
  }
  return (
    <span class="ecw-type" title={thumb?.why ? `${word}. ${thumb.why}` : word}>
      <Icon name={iconOf(word)} />
      <span class="ecw-sr">{word}</span>
    </span>
  );
}

function iconOf(type: string): IconName {
  if (/video/.test(type)) return "video";
  if (/group|series|sequence|dicom/.test(type)) return "group";
  if (/image|img/.test(type)) return "image";
  return /audio/.test(type) ? "audio" : "file";
}
