// What can be done to one key: each line is a form of its own.
import type { ComponentChildren, JSX } from "preact";
import { plural } from "../shared/cells";
import type { SchemaController } from "./controller";
import { type KeyRow, optionsOf } from "./traits";

interface Props {
  row: KeyRow;
  controller: SchemaController;
}

function focusIt(element: HTMLElement | null): void {
  element?.focus();
}

export function KeyActions({ row, controller }: Props): JSX.Element {
  const can = (action: string): boolean => row.actions.includes(action);
  const { act } = controller;
  return (
    <div class="ecw-schema-forms">
      {row.state === "unknown type" && (
        <p class="ecw-soft">
          This version does not know the type. The key is kept as it came, also when other keys are saved.
        </p>
      )}
      {row.state === "deleted for good" && !row.staged && (
        <p class="ecw-soft">
          Deleted for good: it cannot be restored, and Encord lets nobody define it again.
        </p>
      )}
      {row.options.length > 0 && <Options row={row} controller={controller} />}
      {can("retype") && <TypeForm row={row} controller={controller} />}
      {can("rename_key") && (
        <Line
          label="Rename the key to"
          name="rename"
          controller={controller}
          submit="Plan the move…"
          hint="Adds the new key, moves the values of the items in view, checks them, then deletes the old key."
          go={(text) => void act("rename_key", row.key, { to: text })}
        />
      )}
      <div class="ecw-schema-line">
        {can("undo") && (
          <button type="button" class="ecw-button ecw-small" onClick={() => void act("undo", row.key)}>
            Take back what is staged
          </button>
        )}
        {can("restore") && (
          <button type="button" class="ecw-button ecw-small" onClick={() => void act("restore", row.key)}>
            Restore
          </button>
        )}
        {can("add") && (
          <button
            type="button"
            class="ecw-button ecw-small"
            onClick={() => controller.begin({ key: row.key })}
          >
            Add with another type…
          </button>
        )}
        {can("delete") && (
          <button
            type="button"
            class="ecw-button ecw-small"
            title="Can be restored; the values stay on the items"
            onClick={() => void act("delete", row.key)}
          >
            Delete
          </button>
        )}
        {can("delete_for_good") && controller.ending?.key !== row.key && (
          <button
            type="button"
            class="ecw-button ecw-small ecw-danger"
            onClick={() => {
              controller.ending = { key: row.key, typed: "" };
              controller.redraw();
            }}
          >
            Delete for good…
          </button>
        )}
      </div>
      {controller.ending?.key === row.key && <End row={row} controller={controller} />}
    </div>
  );
}

function End({ row, controller }: Props): JSX.Element {
  const typed = controller.ending?.typed ?? "";
  const agreed = typed === row.key;
  const back = (): void => {
    controller.ending = null;
    controller.redraw();
  };
  return (
    <form
      class="ecw-schema-end"
      onSubmit={(event) => {
        event.preventDefault();
        if (agreed) void controller.act("delete_for_good", row.key, { typed });
      }}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Escape") back();
      }}
    >
      <label>
        <span>
          <span class="ecw-sign ecw-s-destroyed" aria-hidden="true">
            ⊖
          </span>{" "}
          Nobody can restore <b>{row.key}</b> or define it again, in the whole organisation. Type its name:
        </span>
        <input
          ref={focusIt}
          class="ecw-input"
          type="text"
          autocomplete="off"
          spellcheck={false}
          value={typed}
          onInput={(event) => {
            controller.ending = { key: row.key, typed: event.currentTarget.value };
            controller.redraw();
          }}
        />
      </label>
      <button type="submit" class="ecw-button ecw-small ecw-danger" disabled={!agreed}>
        Stage: delete for good
      </button>
      <button type="button" class="ecw-button ecw-small" onClick={back}>
        Back
      </button>
    </form>
  );
}

function TypeForm({ row, controller }: Props): JSX.Element {
  const to = controller.fields.kind ?? row.retypes[0] ?? "";
  const label = (kind: string): string =>
    controller.summary.types.find((one) => one.kind === kind)?.label ?? kind;
  const migrate = row.actions.includes("change_type");
  const declare = row.actions.includes("declare");
  // Encord re-types scalars only: what an enum or a place holds moves to another key.
  const into = (controller.fields.into ?? "").trim();
  return (
    <div class="ecw-schema-line">
      <label>
        <span>Change the type to</span>
        <select
          class="ecw-input ecw-schema-kind"
          aria-label="Change the type to"
          value={to}
          onChange={(event) => controller.field("kind", event.currentTarget.value)}
        >
          {row.retypes.map((kind) => (
            <option key={kind} value={kind}>
              {label(kind)}
            </option>
          ))}
        </select>
      </label>
      {declare && (
        <button
          type="button"
          class="ecw-button ecw-small"
          title="The values stay as they are; what would not fit is shown before you save"
          onClick={() => void controller.act("retype", row.key, { kind: to })}
        >
          Re-type only
        </button>
      )}
      {migrate && !declare && (
        <label>
          <span>under the new key</span>
          <input
            class="ecw-input"
            type="text"
            autocomplete="off"
            value={controller.fields.into ?? ""}
            onInput={(event) => controller.field("into", event.currentTarget.value)}
          />
        </label>
      )}
      {migrate && (
        <button
          type="button"
          class="ecw-button ecw-small"
          title="Changes the type and converts the values of the items in view"
          disabled={!declare && !into}
          onClick={() =>
            void controller.act("change_type", row.key, { kind: to, into: declare ? null : into })
          }
        >
          Plan with values…
        </button>
      )}
    </div>
  );
}

function Options({ row, controller }: Props): JSX.Element {
  const { chosen, act } = controller;
  const picked = row.options.filter((option) => chosen.has(option));
  const first = picked[0] ?? "";
  const merging = picked.length > 1;
  const movable = row.actions.includes("rename_option");
  return (
    <>
      <fieldset class="ecw-schema-choices">
        <legend>
          {plural(row.options.length, "option")}
          {movable && <span class="ecw-soft"> (choose one to rename it, several to merge them)</span>}
        </legend>
        {row.options.map((option) =>
          movable ? (
            <label key={option} class={chosen.has(option) ? "is-chosen" : ""}>
              <input
                type="checkbox"
                checked={chosen.has(option)}
                onChange={() => controller.choose(option)}
              />
              <span>{option}</span>
            </label>
          ) : (
            <span key={option} class="ecw-schema-choice">
              {option}
            </span>
          ),
        )}
      </fieldset>
      {movable && picked.length > 0 && (
        <Line
          label={merging ? `Merge ${plural(picked.length, "option")} into` : `Rename “${first}” to`}
          name="option"
          controller={controller}
          submit={merging ? "Plan the merge…" : "Plan the rename…"}
          hint="Adds the new option if need be, moves the values of the items in view, and checks them. Encord keeps the old option."
          go={(text) =>
            void (merging
              ? act("merge_options", row.key, { options: picked, to: text })
              : act("rename_option", row.key, { option: first, to: text }))
          }
        />
      )}
      {row.actions.includes("add_options") && (
        <Line
          label="Add options"
          name="options"
          controller={controller}
          submit="Add"
          hint=""
          go={(text) => void act("add_options", row.key, { options: optionsOf(text) })}
        />
      )}
    </>
  );
}

interface LineProps {
  label: string;
  name: string;
  submit: string;
  hint: string;
  controller: SchemaController;
  go(text: string): void;
  children?: ComponentChildren;
}

function Line({ label, name, submit, hint, controller, go }: LineProps): JSX.Element {
  const text = controller.fields[name] ?? "";
  return (
    <form
      class="ecw-schema-line"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim()) go(text.trim());
      }}
    >
      <label>
        <span>{label}</span>
        <input
          class="ecw-input"
          type="text"
          autocomplete="off"
          value={text}
          onInput={(event) => controller.field(name, event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="ecw-button ecw-small" disabled={!text.trim()} title={hint || undefined}>
        {submit}
      </button>
      {hint && text.trim() && <span class="ecw-soft ecw-schema-hint">{hint}</span>}
    </form>
  );
}
