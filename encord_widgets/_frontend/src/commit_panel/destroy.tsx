// The question before values are destroyed by overwrite: their number has to be typed.
import type { JSX } from "preact";
import { count, plural } from "../shared/cells";

interface DestroyProps {
  destroyed: number;
  typed: string;
  type(text: string): void;
  go(): void;
  cancel(): void;
}

/** Whether what was typed is the number, with or without commas. */
export function agrees(typed: string, destroyed: number): boolean {
  const text = typed.trim();
  return text === String(destroyed) || text === count(destroyed);
}

function focusIt(element: HTMLElement | null): void {
  element?.focus();
}

export function DestroyForm({ destroyed, typed, type, go, cancel }: DestroyProps): JSX.Element {
  const agreed = agrees(typed, destroyed);
  return (
    <form
      class="ecw-destroy"
      onSubmit={(event) => {
        event.preventDefault();
        if (agreed) go();
      }}
      onKeyDown={(event) => {
        // The host's shortcuts are not meant for this field.
        event.stopPropagation();
        if (event.key === "Escape") cancel();
      }}
    >
      <label>
        <span>
          <span class="ecw-sign ecw-s-destroyed" aria-hidden="true">
            ⊖
          </span>{" "}
          The overwrite destroys {plural(destroyed, "value")} of keys that it does not name. Type {destroyed}{" "}
          to commit it:
        </span>
        <input
          ref={focusIt}
          class="ecw-input"
          type="text"
          inputMode="numeric"
          autocomplete="off"
          value={typed}
          onInput={(event) => type(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="ecw-button ecw-danger" disabled={!agreed}>
        Destroy and commit
      </button>
      <button type="button" class="ecw-button" onClick={cancel}>
        Back
      </button>
    </form>
  );
}
