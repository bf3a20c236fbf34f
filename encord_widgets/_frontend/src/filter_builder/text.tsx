// The filter as text: typed, checked while typing rests, an error pointed at where it is.
import type { JSX } from "preact";
import { plural } from "../shared/cells";
import type { BuilderController } from "./controller";

/** The line with the error, and how far into it: positions count characters, as Python does. */
export function marked(
  text: string,
  position: number,
): { line: string; before: string; at: string; after: string } {
  const letters = [...text];
  const at = Math.min(Math.max(position, 0), letters.length);
  const from = letters.lastIndexOf("\n", at - 1) + 1;
  const end = letters.indexOf("\n", at);
  const stop = end < 0 ? letters.length : end;
  return {
    line: letters.slice(from, stop).join(""),
    before: letters.slice(from, at).join(""),
    at: letters.slice(at, Math.min(at + 1, stop)).join(""),
    after: letters.slice(Math.min(at + 1, stop), stop).join(""),
  };
}

export function TextForm({ controller }: { controller: BuilderController }): JSX.Element {
  const { typed, checked } = controller;
  const text = typed ?? controller.text;
  const error = typed === null ? null : (checked?.error ?? null);
  const shown = error ? marked(text, error.position) : null;
  const id = `${controller.prefix}-text`;
  const lines = Math.min(6, text.split("\n").length + Math.floor(text.length / 90));
  return (
    <form
      class="ecw-f-text"
      onSubmit={(event) => {
        event.preventDefault();
        void controller.applyText();
      }}
    >
      <label for={id}>As text</label>
      <div class="ecw-f-text-line">
        <textarea
          id={id}
          class="ecw-input ecw-f-mono"
          rows={lines}
          spellcheck={false}
          autocomplete="off"
          aria-invalid={error !== null}
          aria-describedby={`${id}-said`}
          placeholder={'weather = "rain" and not (lux < 5 or notes is absent)'}
          value={text}
          onInput={(event) => controller.type(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.shiftKey) {
              event.preventDefault();
              void controller.applyText();
            } else if (event.key === "Escape" && typed !== null) {
              event.stopPropagation();
              controller.dropText();
            }
          }}
        />
        {typed !== null && typed !== controller.text && (
          <>
            <button type="submit" class="ecw-button ecw-primary" disabled={error !== null}>
              Apply
            </button>
            <button type="button" class="ecw-button" onClick={() => controller.dropText()}>
              Back
            </button>
          </>
        )}
      </div>
      <div id={`${id}-said`} class="ecw-f-said" role="status">
        {error && shown && (
          <>
            <pre aria-hidden="true">
              <span>{shown.before}</span>
              <mark>{shown.at || " "}</mark>
              <span>{shown.after}</span>
              {"\n"}
              <span class="ecw-f-caret">{`${" ".repeat([...shown.before].length)}^`}</span>
            </pre>
            <span class="ecw-f-problem">
              <span class="ecw-sign" aria-hidden="true">
                ⚠
              </span>{" "}
              {error.message}
              <span class="ecw-sr"> At character {error.position + 1}.</span>
            </span>
          </>
        )}
        {!error && typed !== null && checked?.matches != null && typed !== controller.text && (
          <span class="ecw-soft">{plural(checked.matches, "item")} would match. Enter applies it.</span>
        )}
      </div>
    </form>
  );
}
