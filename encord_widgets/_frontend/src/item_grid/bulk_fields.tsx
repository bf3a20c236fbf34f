// The fields of one bulk operation.
import type { ComponentChildren, JSX } from "preact";
import { type BulkKey, type Draft, takesNewKey } from "./bulk_draft";

interface Props {
  draft: Draft;
  keys: BulkKey[];
  change(part: Partial<Draft>): void;
}

type TextField = "value" | "find" | "replacement" | "into" | "expression" | "template" | "separator";

export function Fields({ draft, keys, change }: Props): JSX.Element {
  const { operation } = draft;
  const ty = keys.find((one) => one.key === draft.key);
  const text = (field: TextField, label: string, hint = "", list = false): JSX.Element => (
    <Line label={label}>
      <input
        class="ecw-input"
        aria-label={label}
        value={draft[field]}
        placeholder={hint}
        spellcheck={false}
        autocomplete="off"
        {...(list ? { list: "ecw-bulk-keys" } : {})}
        onInput={(event) => change({ [field]: event.currentTarget.value })}
      />
    </Line>
  );
  const check = (field: "regex" | "any_case" | "whole" | "over", label: string): JSX.Element => (
    <label class="ecw-bulk-check">
      <input
        type="checkbox"
        checked={draft[field]}
        onChange={(event) => change({ [field]: event.currentTarget.checked })}
      />
      <span>{label}</span>
    </label>
  );
  return (
    <>
      <datalist id="ecw-bulk-keys">
        {keys.map(({ key }) => (
          <option key={key} value={key} />
        ))}
      </datalist>
      <KeyField draft={draft} keys={keys} change={change} />
      {operation === "set" && <ValueField draft={draft} ty={ty} change={change} />}
      {operation === "fill_down" && (
        <Line label="Fill">
          <select
            class="ecw-input"
            aria-label="Fill"
            value={draft.fill}
            onChange={(event) => change({ fill: event.currentTarget.value as Draft["fill"] })}
          >
            <option value="unset">cells that are not set</option>
            <option value="empty">cells that are not set or null</option>
            <option value="all">all cells after the first</option>
          </select>
        </Line>
      )}
      {operation === "replace" && (
        <>
          {text("find", "Find", draft.regex ? "a pattern of Python's re" : "text")}
          {text("replacement", "Replace with", draft.regex ? "\\1 is the first group" : "nothing")}
          <div class="ecw-bulk-checks">
            {check("regex", "Pattern (regex)")}
            {check("any_case", "Any letter case")}
            {check("whole", "Whole value")}
          </div>
        </>
      )}
      {(operation === "copy_key" || operation === "rename_key") && text("into", "To the key", "", true)}
      {operation === "map" &&
        text("expression", "Expression", "value.strip().lower(), or city + '_' + str(camera)")}
      {operation === "combine" && text("template", "Template", "{city}_{camera:02}")}
      {operation === "split" && (
        <>
          {text("separator", "Separator")}
          {text("into", "Into the keys", "city, camera")}
        </>
      )}
      {(operation === "copy_key" ||
        operation === "rename_key" ||
        operation === "combine" ||
        operation === "split") &&
        check("over", "Replace other values that are there")}
      {operation === "map" && (
        <p class="ecw-soft">
          Names are metadata keys, value is the key's own value. It runs in your kernel, once for each
          combination of values.
        </p>
      )}
    </>
  );
}

function KeyField({ draft, keys, change }: Props): JSX.Element {
  const ty = keys.find((one) => one.key === draft.key);
  const label = draft.operation === "rename_key" || draft.operation === "copy_key" ? "From the key" : "Key";
  return (
    <Line label={label}>
      {takesNewKey(draft.operation) ? (
        <input
          class="ecw-input"
          aria-label={label}
          value={draft.key}
          list="ecw-bulk-keys"
          spellcheck={false}
          autocomplete="off"
          onInput={(event) => change({ key: event.currentTarget.value })}
        />
      ) : (
        <select
          class="ecw-input"
          aria-label={label}
          value={draft.key}
          onChange={(event) => change({ key: event.currentTarget.value })}
        >
          {!ty && <option value={draft.key}>{draft.key}</option>}
          {keys.map(({ key }) => (
            <option key={key} value={key}>
              {key}
            </option>
          ))}
        </select>
      )}
      <small class="ecw-soft">{ty ? ty.type_label : draft.key ? "new key, not in the schema" : ""}</small>
    </Line>
  );
}

const HINTS: Record<string, string> = {
  number: "0.5",
  datetime: "2025-03-01T08:30:00Z",
  geospatial: "latitude, longitude",
  embedding: "[0.1, 0.2, …]",
  uuid: "xxxxxxxx-xxxx-4xxx-…",
};

interface ValueProps {
  draft: Draft;
  ty: BulkKey | undefined;
  change: Props["change"];
}

/** The value by the key's type; Python reads it as if it had been typed into a cell. */
function ValueField({ draft, ty, change }: ValueProps): JSX.Element {
  const words = ty?.type === "boolean" ? ["true", "false"] : ty?.type === "enum" ? ty.options : null;
  const put = (value: string): void => change({ value });
  if (words) {
    return (
      <Line label="Value">
        <select
          class="ecw-input"
          aria-label="Value"
          value={words.includes(draft.value) ? draft.value : ""}
          onChange={(event) => put(event.currentTarget.value)}
        >
          <option value="">choose…</option>
          {words.map((word) => (
            <option key={word} value={word}>
              {word}
            </option>
          ))}
        </select>
      </Line>
    );
  }
  const shared = {
    class: "ecw-input",
    "aria-label": "Value",
    value: draft.value,
    spellcheck: false,
    placeholder: HINTS[ty?.type ?? ""] ?? "",
  };
  return (
    <Line label="Value">
      {ty?.type === "text" ? (
        <textarea {...shared} rows={3} onInput={(event) => put(event.currentTarget.value)} />
      ) : (
        <input {...shared} autocomplete="off" onInput={(event) => put(event.currentTarget.value)} />
      )}
    </Line>
  );
}

function Line({ label, children }: { label: string; children: ComponentChildren }): JSX.Element {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is among the children
    <label class="ecw-bulk-line">
      <span>{label}</span>
      {children}
    </label>
  );
}
