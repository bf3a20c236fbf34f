// Metadata as a tree of values with types: nested parts are asked for when they are unfolded.
import { Component, type JSX } from "preact";
import { count, kindOf, pointOf, textOf } from "../shared/cells";
import { Status } from "../shared/ui";
import { Value } from "../shared/value";
import type { InspectorController } from "./controller";
import { ValueEditor } from "./editor";
import { type Addable, type Branch, isWhole, type MetadataRow, partsOf, typeText } from "./traits";

interface TreeProps {
  controller: InspectorController;
  rows: MetadataRow[];
  /** Label of the frame that the keys belong to; null for the item's own. */
  label: string | null;
}

export function Tree({ controller, rows, label }: TreeProps): JSX.Element {
  return (
    <ul class="ecw-tree">
      {rows.map((row) => (
        <Row key={row.key} controller={controller} row={row} label={label} />
      ))}
    </ul>
  );
}

function Row({ controller, row, label }: { row: MetadataRow } & Omit<TreeProps, "rows">): JSX.Element {
  const { editing } = controller;
  const own = editing !== null && editing.label === label && editing.branch.key === row.key;
  const path = label === null ? [row.key] : ["$encord", "frames", label, row.key];
  return (
    <li class={row.state ? `ecw-row-${row.state}` : ""}>
      <div class="ecw-tree-line">
        <Name controller={controller} branch={row} path={path} />
        <Main branch={row} />
        {row.key !== "$encord" && (
          <button
            type="button"
            class="ecw-button ecw-small"
            aria-label={`Edit ${row.key}`}
            aria-expanded={own}
            onClick={() => (own ? controller.stop() : void controller.edit(row, label, startOf(row)))}
          >
            Edit
          </button>
        )}
      </div>
      {row.state && (
        <div class="ecw-tree-note">
          <Status state={row.state} />
          {row.note && <span>{row.note}</span>}
          {row.before && kindOf(row.before[0]) !== "json" && (
            <span>
              Stored: <Value cell={row.before[0]} />
            </span>
          )}
        </div>
      )}
      {own && <ValueEditor key={`${label} ${row.key}`} controller={controller} editing={editing} />}
      <Parts controller={controller} path={path} name={row.key} />
    </li>
  );
}

/** What an editor starts with where the page holds the whole value; null where it has to be asked for. */
function startOf(row: MetadataRow): string | null {
  if (row.cell === 0 || row.cell === null) return "";
  return typeof row.cell !== "object" && isWhole(row.cell) ? String(row.cell) : null;
}

function Main({ branch }: { branch: Branch }): JSX.Element {
  const { nested, cell, type, held } = branch;
  const point = nested && type === "geospatial" ? pointOf(textOf(cell)) : null;
  return (
    <span class="ecw-tree-main">
      <span class="ecw-tree-value">
        {nested ? (
          (point ?? <span class="ecw-soft">{`${held} of ${partsOf(branch)}`}</span>)
        ) : (
          <Value cell={cell} />
        )}
      </span>
      <span class="ecw-tree-type">{typeText(branch)}</span>
    </span>
  );
}

interface NameProps {
  controller: InspectorController;
  branch: Branch;
  path: string[];
}

function Name({ controller, branch, path }: NameProps): JSX.Element {
  if (!branch.nested || branch.count === 0) return <span class="ecw-tree-key">{branch.key}</span>;
  const open = controller.unfolded.has(JSON.stringify(path));
  return (
    <button
      type="button"
      class="ecw-tree-key ecw-tree-fold"
      aria-expanded={open}
      onClick={() => controller.fold(path)}
    >
      <span class="ecw-tree-turn" aria-hidden="true">
        {open ? "▾" : "▸"}
      </span>
      {branch.key}
    </button>
  );
}

function Parts({
  controller,
  path,
  name,
}: {
  controller: InspectorController;
  path: string[];
  name: string;
}): JSX.Element | null {
  const found = controller.unfolded.get(JSON.stringify(path));
  if (found === undefined) return null;
  if (found === null) return <div class="ecw-soft ecw-tree-rest">Reading…</div>;
  return (
    <ul class="ecw-tree" aria-label={`Parts of ${name}`}>
      {found.branches.map((branch) => {
        const inner = [...path, branch.key];
        return (
          <li key={branch.key}>
            <div class="ecw-tree-line">
              <Name controller={controller} branch={branch} path={inner} />
              <Main branch={branch} />
            </div>
            <Parts controller={controller} path={inner} name={branch.key} />
          </li>
        );
      })}
      {found.more > 0 && (
        <li>
          <button type="button" class="ecw-button ecw-small" onClick={() => controller.readMore(path)}>
            Show more of {count(found.more)} left
          </button>
        </li>
      )}
    </ul>
  );
}

interface AdderProps {
  controller: InspectorController;
  addable: Addable[];
  label: string | null;
}

// Every widget brings its own copy of this module: a number alone would not be alone in the page.
const LIST = `ecw-insp-keys-${Math.random().toString(36).slice(2)}`;
let lists = 0;

/** Adds a key: one of the schema, or any other. */
export class Adder extends Component<AdderProps, { key: string }> {
  readonly #list = `${LIST}-${++lists}`;
  override state = { key: "" };

  readonly #begin = (event: Event): void => {
    event.preventDefault();
    const key = this.state.key.trim();
    if (!key) return;
    const { controller, addable, label } = this.props;
    const known = addable.find((one) => one.key === key);
    this.setState({ key: "" });
    const branch: Branch = {
      key,
      cell: 0,
      count: 0,
      nested: false,
      norm: null,
      held: "absent",
      type: known?.type ?? "text",
      type_label: known?.type_label ?? "not in the schema",
      options: known?.options ?? [],
    };
    void controller.edit(branch, label, "");
  };

  override render({ controller, addable, label }: AdderProps): JSX.Element {
    const { editing, metadata, block } = controller;
    const rows = label === null ? metadata : (block?.open?.rows ?? []);
    const own = editing && editing.label === label && !rows.some((row) => row.key === editing.branch.key);
    return (
      <div class="ecw-insp-adder">
        <form class="ecw-insp-line" onSubmit={this.#begin}>
          <input
            class="ecw-input"
            list={this.#list}
            aria-label={label === null ? "Key to add" : `Key to add to frame ${label}`}
            placeholder="Key to add"
            value={this.state.key}
            onInput={(event) => this.setState({ key: event.currentTarget.value })}
          />
          <datalist id={this.#list}>
            {addable.map((one) => (
              <option key={one.key} value={one.key}>
                {one.type_label}
              </option>
            ))}
          </datalist>
          <button type="submit" class="ecw-button ecw-small" disabled={!this.state.key.trim()}>
            Add value
          </button>
        </form>
        {own && (
          <ValueEditor key={`${label} ${editing.branch.key}`} controller={controller} editing={editing} />
        )}
      </div>
    );
  }
}
