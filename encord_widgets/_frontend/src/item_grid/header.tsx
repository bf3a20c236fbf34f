import type { JSX } from "preact";
import { Icon } from "../shared/ui";
import type { Controller } from "./controller";
import { GUTTER, HEADER, type Place, type Range, THUMB } from "./geometry";
import { describe, type HeaderFacts, shareMissing } from "./headers";

export function Header({ controller, shown }: { controller: Controller; shown: Range }): JSX.Element {
  const { places, width } = controller.layout;
  const { active } = controller;
  return (
    <div class="ecw-head" role="rowgroup" style={{ width: `${width}px`, height: `${HEADER}px` }}>
      {/* biome-ignore lint/a11y/useFocusableInteractive: its cells take the focus */}
      <div class="ecw-row" role="row" aria-rowindex={1}>
        <div
          class="ecw-th ecw-frozen ecw-gutter"
          role="columnheader"
          tabIndex={-1}
          aria-colindex={1}
          style={{ left: 0, width: `${GUTTER}px` }}
        >
          <span class="ecw-sr">Row</span>
        </div>
        <div
          class="ecw-th ecw-frozen"
          role="columnheader"
          tabIndex={-1}
          aria-colindex={2}
          style={{ left: `${GUTTER}px`, width: `${THUMB}px` }}
        >
          <span class="ecw-sr">Thumbnail</span>
        </div>
        {places.map((place, at) =>
          place.frozen || (at >= shown.from && at < shown.to) || (active.row < 0 && at === active.at) ? (
            <HeaderCell key={place.column.id} controller={controller} place={place} at={at} />
          ) : null,
        )}
      </div>
    </div>
  );
}

/** How the values spread, as a drawing: the filter under it says the same in words and numbers. */
function Bars({ facts }: { facts: HeaderFacts | undefined }): JSX.Element {
  const bars = facts?.bars ?? [];
  const most = Math.max(1, ...bars);
  const path = bars
    .map((n, at) => (n > 0 ? `M${at} 10V${(10 - Math.max(0.8, (n / most) * 10)).toFixed(1)}h.86V10Z` : ""))
    .join("");
  return (
    <svg
      class="ecw-th-bars"
      viewBox={`0 0 ${Math.max(6, bars.length)} 10`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path d={path} />
    </svg>
  );
}

interface CellProps {
  controller: Controller;
  place: Place;
  at: number;
}

function HeaderCell({ controller, place, at }: CellProps): JSX.Element {
  const { column } = place;
  const { sort } = controller.view;
  const sorted = sort?.column === column.id ? (sort.descending ? "descending" : "ascending") : "none";
  const active = controller.active.row < 0 && controller.active.at === at;
  const stop = (event: Event): void => event.stopPropagation();
  const facts = controller.headers.get(column.id);
  const share = facts ? shareMissing(facts) : "";
  const filtered = controller.view.filter?.columns.includes(column.id) ?? false;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles the keys of all its cells
    <div
      class={`ecw-th ${place.frozen ? "ecw-frozen ecw-last-frozen" : ""} ${active ? "is-active" : ""}`}
      role="columnheader"
      tabIndex={active ? 0 : -1}
      aria-colindex={at + 3}
      aria-sort={sorted}
      title={`${column.label}: ${column.type_label}${column.editable ? "" : ", read only"}${facts ? `\n${describe(facts)}` : ""}\nClick to sort, Alt+Down to filter; Alt+Left and Alt+Right change the width.`}
      style={{ left: `${place.left}px`, width: `${place.width}px` }}
      onClick={() => {
        controller.moveTo({ row: -1, at });
        controller.sort(column);
      }}
    >
      <span class="ecw-th-label">
        {column.deleted ? <s>{column.label}</s> : <span class="ecw-ellipsis">{column.label}</span>}
        {sorted !== "none" && (
          <span class="ecw-sort" aria-hidden="true">
            {sorted === "ascending" ? "▲" : "▼"}
          </span>
        )}
      </span>
      <span class="ecw-th-type">{column.deleted ? "deleted key" : column.type_label}</span>
      <span class="ecw-th-facts">
        <Bars facts={facts} />
        {share && <span class="ecw-th-missing">{share} missing</span>}
      </span>
      <button
        type="button"
        class={`ecw-th-filter ${filtered ? "is-on" : ""}`}
        tabIndex={-1}
        aria-haspopup="dialog"
        aria-label={`Filter by ${column.label}${filtered ? ", in force" : ""}`}
        title={`Filter by ${column.label} (Alt+Down)`}
        onClick={(event) => {
          event.stopPropagation();
          controller.filter(column, at);
        }}
      >
        <Icon name="filter" />
      </button>
      <span
        class="ecw-resize"
        aria-hidden="true"
        onClick={stop}
        onPointerDown={(event) => {
          event.stopPropagation();
          event.preventDefault();
          controller.drag = event.clientX - place.width;
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={(event) => {
          if (controller.drag !== null) controller.setWidth(column.id, event.clientX - controller.drag);
        }}
        onPointerUp={() => {
          controller.drag = null;
        }}
        onPointerCancel={() => {
          controller.drag = null;
        }}
      />
    </div>
  );
}
