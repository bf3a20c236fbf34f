// Modal dialogs.
import { Component, type ComponentChildren, type JSX } from "preact";
import { Icon } from "./ui";

interface DialogProps {
  title: string;
  /** Where it opens, in px of the window; in the middle without. */
  place?: { left: string; top: string; width: string };
  onClose(): void;
  children: ComponentChildren;
}

/** A modal dialog; the browser traps the focus and gives it back. */
export class Dialog extends Component<DialogProps> {
  #dialog: HTMLDialogElement | null = null;

  override componentDidMount(): void {
    const dialog = this.#dialog;
    if (typeof dialog?.showModal === "function") dialog.showModal();
    else dialog?.setAttribute("open", "");
  }

  override componentWillUnmount(): void {
    this.#dialog?.close?.();
  }

  readonly #keep = (element: HTMLDialogElement | null): void => {
    if (element) this.#dialog = element;
  };

  override render({ title, place, onClose, children }: DialogProps): JSX.Element {
    return (
      <dialog
        ref={this.#keep}
        class={place ? "ecw-dialog ecw-placed" : "ecw-dialog"}
        style={place}
        aria-label={title}
        onClose={onClose}
        onClick={(event) => {
          if (event.target === this.#dialog) onClose();
        }}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Escape") {
            event.preventDefault();
            onClose();
          }
        }}
      >
        <header>
          <h2>{title}</h2>
          <button type="button" class="ecw-button ecw-quiet" aria-label="Close" onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        <div class="ecw-dialog-body">{children}</div>
      </dialog>
    );
  }
}
