// Filters kept by name, the filter as code, keys.
import type { JSX } from "preact";
import { Dialog } from "../shared/dialog";
import type { BuilderController } from "./controller";
import type { Code } from "./traits";

const KEYS: [string, string][] = [
  ["Alt + Up, Alt + Down", "Move a rule or group past its neighbour, at the ends out of its group"],
  ["Alt + Right", "Move it into the group beside it"],
  ["Alt + Left", "Move it out of its group"],
  ["Delete, M, N (on the handle)", "Remove, mute, negate"],
  ["Drag the handle", "Move it anywhere; Escape gives the drag up"],
  ["Enter, Escape in the text", "Apply the text, or go back to the filter in force"],
  ["Arrows on a histogram's handle", "Move the range; with Shift, Page Up and Page Down by ten"],
];

const FORMS: [keyof Code, string][] = [
  ["text", "Text"],
  ["python", "Python"],
  ["pandas", "pandas"],
  ["json", "JSON"],
];

export function Dialogs({ controller }: { controller: BuilderController }): JSX.Element | null {
  const close = (): void => controller.show(null);
  switch (controller.open) {
    case "help":
      return (
        <Dialog title="Keyboard and mouse" onClose={close}>
          <dl>
            {KEYS.map(([keys, what]) => (
              <>
                <dt>{keys}</dt>
                <dd>{what}</dd>
              </>
            ))}
          </dl>
        </Dialog>
      );
    case "code":
      return (
        <Dialog title="Copy the filter" onClose={close}>
          <Forms controller={controller} />
        </Dialog>
      );
    case "saved":
      return (
        <Dialog title="Saved filters" onClose={close}>
          <Saved controller={controller} />
        </Dialog>
      );
    default:
      return null;
  }
}

function Forms({ controller }: { controller: BuilderController }): JSX.Element {
  const { code } = controller;
  if (!code) return <p>Asking Python…</p>;
  return (
    <>
      {FORMS.map(([form, title]) => (
        <section key={form} class="ecw-f-code">
          <h3>{title}</h3>
          <pre
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
            tabIndex={0}
          >
            {code[form]}
          </pre>
          <button
            type="button"
            class="ecw-button ecw-small"
            aria-label={`Copy as ${title}`}
            onClick={() => void controller.copy(title, code[form])}
          >
            Copy
          </button>
        </section>
      ))}
      <p class="ecw-soft" role="status">
        {controller.copied || "All four say the same. Text, Python and JSON can be read back."}
      </p>
    </>
  );
}

function Saved({ controller }: { controller: BuilderController }): JSX.Element {
  const { named } = controller;
  return (
    <>
      <form
        class="ecw-f-save"
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          const name = String(new FormData(form).get("name") ?? "").trim();
          if (!name) return;
          form.reset();
          void controller.ask("save_named", { name });
        }}
      >
        <label>
          Name{" "}
          <input
            // Not the dialog's close button, which the browser would take.
            autofocus
            class="ecw-input"
            name="name"
            type="text"
            autocomplete="off"
            maxLength={100}
            required
          />
        </label>
        <button type="submit" class="ecw-button ecw-primary">
          Save the filter
        </button>
      </form>
      {named.length === 0 && <p class="ecw-soft">None saved yet. In Python: items.filters["night"].</p>}
      <ul class="ecw-f-named">
        {named.map(({ name, text }) => (
          <li key={name}>
            <div>
              <b>{name}</b>
              <code class="ecw-f-mono">{text || "everything"}</code>
            </div>
            <button
              type="button"
              class="ecw-button ecw-small"
              aria-label={`Load ${name}`}
              onClick={() => void controller.load(name)}
            >
              Load
            </button>
            <button
              type="button"
              class="ecw-button ecw-small"
              aria-label={`Forget ${name}`}
              onClick={() => void controller.ask("delete_named", { name })}
            >
              Forget
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
