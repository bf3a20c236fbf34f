// Bulk edits beside a grid that is not ours: a button, and the dialog of the native grid.
import type { AnyModel } from "@anywidget/types";
import { BulkDialog, type BulkHost } from "../item_grid/bulk";
import { isClosed, messageOf } from "../shared/client";
import { type Context, mount, type View, type ViewProps } from "../shared/mount";
import { ErrorBanner } from "../shared/ui";

export interface BulkStatus {
  order: number;
  rows: number;
  /** Number of items that are selected in the grid; Python knows which. */
  selected: number;
  filter: string;
  search: string;
}

function view({ model, client, redraw }: Context): View {
  let open = false;
  let message = { text: "", bad: false };
  const status = (): BulkStatus => model.get("status") as BulkStatus;
  const ask: BulkHost["ask"] = async <T,>(method: string, params: object) =>
    (await client.request<T>(method, params)).result;
  const show = (wanted: boolean): void => {
    open = wanted;
    redraw();
  };
  const host = (): BulkHost => ({
    view: status(),
    columns: [],
    selection: () => ({ count: status().selected, params: { selected: true, rows: [0, 0] } }),
    column: () => undefined,
    ask,
    say: (text, bad) => {
      message = { text, bad };
      redraw();
    },
    close: () => show(false),
  });
  const undo = (): void => {
    ask("undo", {}).then(
      () => host().say("Taken back.", false),
      (error) => isClosed(error) || host().say(messageOf(error), true),
    );
  };
  return {
    draw: () => (
      <>
        <ErrorBanner model={model as AnyModel} client={client} />
        <div class="ecw-bulkbar">
          <button type="button" class="ecw-button" onClick={() => show(true)} disabled={status().rows === 0}>
            Bulk edit…
          </button>
          <span role="status" class={message.bad ? "ecw-message-bad" : ""}>
            {message.text}
          </span>
          {message.text && !message.bad && message.text !== "Taken back." && (
            <button type="button" class="ecw-button ecw-small" onClick={undo}>
              Undo
            </button>
          )}
        </div>
        {open && <BulkDialog host={host()} at={{ operation: "set" }} />}
      </>
    ),
  };
}

export default {
  render(props: ViewProps): () => void {
    return mount(props, "bulkpanel", ["status", "error"], view);
  },
};
