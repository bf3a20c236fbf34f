// The grid as it is drawn: toolbar, header, the rows on screen, status line.
import type { AnyModel } from "@anywidget/types";
import { Component, type JSX } from "preact";
import { count } from "../shared/cells";
import type { RequestClient } from "../shared/client";
import { StillWaiting } from "../shared/notes";
import { ErrorBanner, Notice } from "../shared/ui";
import type { Controller } from "./controller";
import { isMapped, ROW, spacerHeight, toScroll } from "./geometry";
import { Header } from "./header";
import type { Keys } from "./keys";
import { more } from "./more";
import { followPointer } from "./pointer";
import { Row } from "./row";
import { StatusLine } from "./status";
import { FilterBar, Toolbar } from "./toolbar";

interface GridProps {
  controller: Controller;
  keys: Keys;
  model: AnyModel;
  client: RequestClient;
}

export function GridWidget({ controller, keys, model, client }: GridProps): JSX.Element {
  const { view } = controller;
  return (
    <>
      <Toolbar controller={controller} />
      <FilterBar controller={controller} />
      <ErrorBanner model={model} client={client} />
      {controller.notice && (
        <Notice
          message={controller.notice}
          onDismiss={() => {
            controller.notice = null;
            controller.redraw();
          }}
        />
      )}
      {controller.blocks.failure && (
        <Notice
          message={controller.blocks.failure}
          onDismiss={() => controller.blocks.tryAgain()}
          action="Try again"
        />
      )}
      {view.load_error && view.rows > 0 && (
        <Notice
          message={`Not everything was read: ${view.load_error}`}
          onDismiss={() => void controller.command("refresh")}
          action="Read again"
        />
      )}
      {view.as_of && (
        <div class="ecw-asof" role="status">
          <span class="ecw-sign ecw-s-updated" aria-hidden="true">
            ↻{" "}
          </span>
          {view.as_of}
        </div>
      )}
      {view.loading && <StillWaiting at={String(view.total)} trouble={view.trouble} />}
      {view.rows > 0 ? <Body controller={controller} keys={keys} /> : <Nothing controller={controller} />}
      <StatusLine controller={controller} />
      <Shown controller={controller} />
    </>
  );
}

/** The dialog that is open, if any, with its style beside it: both come when the grid is first touched. */
function Shown({ controller }: { controller: Controller }): JSX.Element | null {
  const part = more();
  if (!controller.dialog || !part) return null;
  // Inside this view: wherever the host puts it, also into a shadow tree, and for as long as the dialog.
  return (
    <>
      <style>{part.css}</style>
      <part.Dialogs controller={controller} />
    </>
  );
}

/** Why there are no rows, in one sentence, and what to do. */
function Nothing({ controller }: { controller: Controller }): JSX.Element {
  const { view } = controller;
  if (view.load_error) {
    return (
      <div class="ecw-empty" role="alert">
        <div>
          <span class="ecw-sign ecw-s-failed" aria-hidden="true">
            ⚠
          </span>{" "}
          The items could not be read: {view.load_error}
        </div>
        <button type="button" class="ecw-button" onClick={() => void controller.command("refresh")}>
          Retry
        </button>
      </div>
    );
  }
  if (view.loading) {
    return (
      <div class="ecw-empty">
        <div>Reading the first items…</div>
      </div>
    );
  }
  if (view.search) {
    return (
      <div class="ecw-empty">
        <div>No item matches “{view.search}”.</div>
        <button
          type="button"
          class="ecw-button"
          onClick={() => void controller.command("search", { text: "" })}
        >
          Clear the search
        </button>
      </div>
    );
  }
  if (view.filter) {
    return (
      <div class="ecw-empty">
        <div>No item matches the filter.</div>
      </div>
    );
  }
  return (
    <div class="ecw-empty">
      <div>There are no items here. Add some in Encord, then refresh.</div>
    </div>
  );
}

class Body extends Component<{ controller: Controller; keys: Keys }> {
  #scroller: HTMLElement | null = null;
  readonly #end = new AbortController();
  #observer: ResizeObserver | undefined;

  override componentDidMount(): void {
    const { controller } = this.props;
    const scroller = this.#scroller;
    if (!scroller) return;
    const { signal } = this.#end;
    controller.scroller = scroller;
    const measure = (): void => {
      if (scroller.clientWidth > 0) controller.resize(scroller.clientWidth, scroller.clientHeight);
    };
    measure();
    scroller.scrollTop = toScroll(controller.top, controller.rows, controller.body);
    scroller.scrollLeft = controller.left;
    if (typeof ResizeObserver !== "undefined") {
      this.#observer = new ResizeObserver(measure);
      this.#observer.observe(scroller);
    }
    followPointer(controller, scroller, signal);
    const wheel = (event: WheelEvent): void => {
      // Where the scroll bar is mapped, one turn of the wheel still moves by real rows.
      if (!isMapped(controller.rows) || event.ctrlKey || event.shiftKey || event.deltaY === 0) return;
      const unit = event.deltaMode === 1 ? ROW : event.deltaMode === 2 ? controller.body : 1;
      if (controller.scrollBy(event.deltaY * unit)) event.preventDefault();
    };
    scroller.addEventListener("wheel", wheel, { passive: false, signal });
  }

  override componentWillUnmount(): void {
    this.#end.abort();
    this.#observer?.disconnect();
    this.props.controller.scroller = null;
  }

  readonly #keep = (element: HTMLElement | null): void => {
    this.#scroller = element;
  };

  override render({ controller, keys }: { controller: Controller; keys: Keys }): JSX.Element {
    const visible = controller.visibleRows();
    const shown = controller.visibleColumns();
    const rows = [];
    for (let row = visible.from; row < visible.to; row++) rows.push(row);
    // The active cell stays in the page wherever one scrolls, so the focus is never lost.
    const { active, layout } = controller;
    if (active.row >= 0 && (active.row < visible.from || active.row >= visible.to)) rows.push(active.row);

    const mapped = isMapped(controller.rows);
    const offset = mapped ? toScroll(controller.top, controller.rows, controller.body) - controller.top : 0;
    return (
      <div
        ref={this.#keep}
        class="ecw-scroll"
        role="grid"
        aria-label={`${controller.view.title || "Items"}, ${count(controller.rows)} rows`}
        aria-rowcount={controller.rows + 1}
        aria-colcount={layout.places.length + 2}
        aria-multiselectable="true"
        aria-busy={!controller.blocks.fresh}
        style={{ maxHeight: `${controller.height}px` }}
        onScroll={(event) =>
          controller.scrolled(event.currentTarget.scrollTop, event.currentTarget.scrollLeft)
        }
        onKeyDown={keys.onKeyDown}
        onCopy={keys.onCopy}
        onPaste={keys.onPaste}
      >
        <Header controller={controller} shown={shown} />
        <div
          class="ecw-rows"
          role="rowgroup"
          style={{ height: `${spacerHeight(controller.rows)}px`, width: `${layout.width}px` }}
        >
          {rows.map((row) => {
            const inside = row >= visible.from && row < visible.to;
            const top = inside ? row * ROW + offset : (controller.scroller?.scrollTop ?? 0);
            return (
              <Row
                key={row}
                controller={controller}
                row={row}
                top={top}
                outside={!inside}
                above={row * ROW - controller.top > Math.max(controller.body - 200, controller.body / 2)}
                shown={shown}
              />
            );
          })}
        </div>
      </div>
    );
  }
}

/** After each draw: the focus goes where it belongs, and the thumbnails on screen are asked for. */
export function afterDraw(controller: Controller): void {
  const { scroller } = controller;
  if (controller.wantFocus && scroller) {
    controller.wantFocus = false;
    scroller.querySelector<HTMLElement>(".is-active")?.focus({ preventScroll: true });
  }
  controller.leaveRefused();
  const { from, to } = controller.visibleRows();
  const images: string[] = [];
  for (let row = from; row < to; row++) {
    const item = controller.blocks.item(row);
    if (item !== undefined && wantsThumb(controller, row)) images.push(item);
  }
  controller.thumbs.look(images);
}

/** Rows whose type is unknown or an image: Python says when there is nothing to show. */
function wantsThumb(controller: Controller, row: number): boolean {
  const type = controller.field(row, "field:item_type");
  return type === undefined || typeof type !== "string" || /image|img|series/i.test(type);
}
