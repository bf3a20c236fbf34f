import { Component, type JSX } from "preact";
import { count, plural } from "../shared/cells";
import { Icon } from "../shared/ui";
import type { Controller } from "./controller";

const SEARCH_MS = 300;

export function Toolbar({ controller }: { controller: Controller }): JSX.Element {
  const { view } = controller;
  return (
    <div class="ecw-bar" role="toolbar" aria-label={`${view.title || "Items"}: tools`}>
      <div class="ecw-heading">
        {view.title && (
          <h2 class="ecw-title" title={view.title}>
            {view.title}
          </h2>
        )}
        <Counts controller={controller} />
      </div>
      <span class="ecw-grow" />
      {view.staged > 0 && (
        <span class="ecw-chip">
          <span aria-hidden="true">•</span> {plural(view.staged, "edit")} staged
        </span>
      )}
      {view.problems > 0 && (
        <button type="button" class="ecw-button ecw-problems" onClick={() => void controller.showProblems()}>
          <span class="ecw-sign" aria-hidden="true">
            ⚠
          </span>
          {plural(view.problems, "item")} could not be read
        </button>
      )}
      <Search controller={controller} />
      <States controller={controller} />
      <span class="ecw-buttons">
        <button
          type="button"
          class="ecw-button"
          title="Bulk edit: the selection or all rows (Ctrl+E)"
          disabled={view.loading || view.rows === 0}
          onClick={() => controller.show({ kind: "bulk", operation: "set" })}
        >
          Bulk edit…
        </button>
        <Tool
          name="undo"
          label="Undo (Ctrl+Z)"
          disabled={!view.can_undo}
          run={() => void controller.command("undo")}
        />
        <Tool
          name="redo"
          label="Redo (Ctrl+Y)"
          disabled={!view.can_redo}
          run={() => void controller.command("redo")}
        />
        <Tool
          name="refresh"
          label="Read the items again"
          disabled={view.loading}
          run={() => void controller.command("refresh")}
        />
        <button
          type="button"
          class="ecw-button ecw-quiet"
          aria-label="Keyboard shortcuts"
          title="Keyboard shortcuts (?)"
          onClick={() => controller.show({ kind: "help" })}
        >
          <b aria-hidden="true">?</b>
        </button>
      </span>
    </div>
  );
}

const STATES: [string, string][] = [
  ["", "All rows"],
  ["changed", "Changed"],
  ["invalid", "Invalid"],
  ["conflict", "Conflict"],
  ["unverified", "Unverified"],
  ["verified", "Verified"],
  ["updated", "Updated"],
];

/** Which rows by the state of their edits; a part of the filter like any other. */
function States({ controller }: { controller: Controller }): JSX.Element {
  const found = controller.view.filter?.columns.find((id) => id.startsWith("state:"));
  return (
    <select
      class="ecw-input ecw-states"
      aria-label="Rows by state"
      title="Only rows in a state"
      value={found?.slice(6) ?? ""}
      onChange={(event) => void controller.command("filter_state", { state: event.currentTarget.value })}
    >
      {STATES.map(([value, label]) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  );
}

interface ToolProps {
  name: "undo" | "redo" | "refresh";
  label: string;
  disabled: boolean;
  run(): void;
}

function Tool({ name, label, disabled, run }: ToolProps): JSX.Element {
  return (
    <button
      type="button"
      class="ecw-button ecw-quiet"
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={run}
    >
      <Icon name={name} />
    </button>
  );
}

function Counts({ controller }: { controller: Controller }): JSX.Element {
  const { rows, total, expected, loading, search, filter } = controller.view;
  if (loading) {
    const text =
      expected === null ? `${count(total)} loaded so far` : `${count(total)} of ${count(expected)} loaded`;
    return (
      <span class="ecw-counts ecw-soft">
        <progress
          aria-label="Items loaded"
          value={expected ? total : undefined}
          max={expected || undefined}
        />
        {text}
      </span>
    );
  }
  const some = search || filter;
  const text = some ? `${count(rows)} of ${plural(total, "item")} match` : plural(total, "item");
  return (
    <span class="ecw-counts ecw-soft" role="status">
      {text}
    </span>
  );
}

/** The filter in force: its text, what it leaves, and the ways out. */
export function FilterBar({ controller }: { controller: Controller }): JSX.Element | null {
  const { filter, staged } = controller.view;
  if (!filter) return null;
  const then = staged > 0 ? "after commit" : "by now";
  return (
    <div class="ecw-filterbar" role="group" aria-label="Filter in force">
      <Icon name="filter" />
      <b>Filter</b>
      <code class="ecw-ellipsis" title={filter.text}>
        {filter.text}
      </code>
      <span class="ecw-soft" role="status">
        {count(filter.in_view)} of {plural(filter.total, "item")}
        {filter.moved > 0 && `; ${count(filter.matching)} ${then}`}
      </span>
      <span class="ecw-grow" />
      {filter.moved > 0 && (
        <button
          type="button"
          class="ecw-button"
          title="Rows stay in view while you edit. Look again, at what is staged by now."
          onClick={() => void controller.command("apply_filter")}
        >
          Apply again
        </button>
      )}
      <button type="button" class="ecw-button" onClick={() => void controller.command("clear_filter")}>
        Clear filter
      </button>
    </div>
  );
}

class Search extends Component<{ controller: Controller }> {
  #input: HTMLInputElement | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sent = "";

  override componentDidMount(): void {
    this.componentDidUpdate();
  }

  override componentDidUpdate(): void {
    // A search set elsewhere shows here, but never over what is being typed.
    const { search } = this.props.controller.view;
    if (!this.#input || search === this.#sent) return;
    this.#sent = search;
    if (this.#timer === undefined) this.#input.value = search;
  }

  override componentWillUnmount(): void {
    clearTimeout(this.#timer);
  }

  readonly #keep = (input: HTMLInputElement | null): void => {
    this.#input = input;
  };

  readonly #send = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#input?.value ?? "";
    if (text === this.#sent) return;
    this.#sent = text;
    void this.props.controller.command("search", { text });
  };

  override render(): JSX.Element {
    return (
      <span class="ecw-search">
        <Icon name="search" />
        <input
          ref={this.#keep}
          class="ecw-input"
          type="search"
          aria-label="Search the items"
          placeholder="Search"
          spellcheck={false}
          onInput={() => {
            clearTimeout(this.#timer);
            this.#timer = setTimeout(this.#send, SEARCH_MS);
          }}
          onKeyDown={(event) => {
            event.stopPropagation();
            if (event.key === "Enter") this.#send();
            if (event.key === "Escape" && event.currentTarget.value) {
              event.preventDefault();
              event.currentTarget.value = "";
              this.#send();
            }
          }}
        />
      </span>
    );
  }
}
