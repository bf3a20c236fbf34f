// A new key: name and type, with Encord's rules told while one types.
import type { JSX } from "preact";
import type { Draft, SchemaController } from "./controller";

function focusIt(element: HTMLElement | null): void {
  element?.focus();
}

export function AddForm({ controller, draft }: { controller: SchemaController; draft: Draft }): JSX.Element {
  const { types } = controller.summary;
  const type = types.find((one) => one.kind === draft.kind);
  const { refused } = controller;
  return (
    <form
      class="ecw-schema-add"
      aria-label="Add a key"
      onSubmit={(event) => {
        event.preventDefault();
        if (!refused) void controller.add();
      }}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Escape") controller.abandon();
      }}
    >
      <div class="ecw-schema-line">
        <label>
          <span>Key</span>
          <input
            ref={focusIt}
            class="ecw-input"
            type="text"
            autocomplete="off"
            spellcheck={false}
            aria-describedby="ecw-schema-rules"
            value={draft.key}
            onInput={(event) => controller.edit({ key: event.currentTarget.value })}
          />
        </label>
        <label>
          <span>Type</span>
          <select
            class="ecw-input"
            aria-label="Type"
            value={draft.kind}
            onChange={(event) => controller.edit({ kind: event.currentTarget.value })}
          >
            {types.map((one) => (
              <option key={one.kind} value={one.kind}>
                {one.label}
              </option>
            ))}
          </select>
        </label>
        {draft.kind === "embedding" && (
          <label>
            <span>Size</span>
            <input
              class="ecw-input ecw-schema-size"
              type="text"
              inputMode="numeric"
              value={draft.size}
              onInput={(event) => controller.edit({ size: event.currentTarget.value })}
            />
          </label>
        )}
        <span class="ecw-grow" />
        <button type="submit" class="ecw-button ecw-primary" disabled={refused || draft.key === ""}>
          Add
        </button>
        <button type="button" class="ecw-button" onClick={controller.abandon}>
          Cancel
        </button>
      </div>
      {draft.kind === "enum" && (
        <label class="ecw-schema-options">
          <span>Options, one a line or separated by commas</span>
          <textarea
            class="ecw-input"
            rows={2}
            value={draft.options}
            onInput={(event) => controller.edit({ options: event.currentTarget.value })}
          />
        </label>
      )}
      <ul id="ecw-schema-rules" class="ecw-schema-rules" aria-live="polite">
        {type?.hint && <li class="ecw-soft">{type.hint}</li>}
        {controller.rules.map((rule) => (
          <li key={rule.text} class={rule.ok ? "ecw-soft" : "ecw-s-invalid"}>
            <span class="ecw-sign" aria-hidden="true">
              {rule.ok ? "✓" : "⚠"}
            </span>{" "}
            {rule.text}
          </li>
        ))}
      </ul>
    </form>
  );
}
