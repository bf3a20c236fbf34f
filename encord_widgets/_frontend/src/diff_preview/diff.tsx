// The staged edits as a real table, one row an edit.
import type { AnyModel } from "@anywidget/types";
import type { JSX } from "preact";
import { count, plural, sameCell, stateLook } from "../shared/cells";
import type { RequestClient } from "../shared/client";
import { Told } from "../shared/notes";
import { ErrorBanner, Icon, Notice, Status } from "../shared/ui";
import { Value } from "../shared/value";
import { type DiffController, type DiffRow, type DiffSummary, PAGE } from "./controller";

interface DiffProps {
  controller: DiffController;
  model: AnyModel;
  client: RequestClient;
}

export function DiffWidget({ controller, model, client }: DiffProps): JSX.Element {
  const { summary } = controller;
  return (
    <>
      <Bar controller={controller} />
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
      {controller.failure && (
        <Notice
          message={`The edits could not be read: ${controller.failure}`}
          action="Try again"
          onDismiss={() => void controller.load()}
        />
      )}
      {summary.rows === 0 ? (
        <div class="ecw-empty">
          <div>
            Nothing staged. Edit a cell, or call <code>items.stage(...)</code>.
          </div>
        </div>
      ) : (
        <Table controller={controller} />
      )}
      {summary.rows > PAGE && <Pages controller={controller} />}
    </>
  );
}

/** "12 edits on 5 items, 2 do not fit the schema". */
export function sentence(summary: DiffSummary): string {
  const parts = [];
  if (summary.changes > 0)
    parts.push(`${plural(summary.changes, "edit")} on ${plural(summary.items, "item")}`);
  else parts.push("No edits staged");
  if (summary.removed > 0)
    parts.push(`${count(summary.removed)} ${summary.removed === 1 ? "removes" : "remove"} a value`);
  if (summary.destroyed > 0) parts.push(`${count(summary.destroyed)} destroyed by overwrite`);
  if (summary.invalid > 0)
    parts.push(`${count(summary.invalid)} ${summary.invalid === 1 ? "does" : "do"} not fit the schema`);
  return parts.join(", ");
}

/** One and the same function for every draw: called when the button appears, not again. */
function focusIt(button: HTMLButtonElement | null): void {
  button?.focus();
}

function Bar({ controller }: { controller: DiffController }): JSX.Element {
  const { summary, confirming } = controller;
  const settled = Object.entries(summary.settled ?? {}).filter(([, n]) => n > 0);
  return (
    <div class="ecw-bar">
      <h2 class="ecw-title">Staged edits</h2>
      <span role="status" class={summary.invalid > 0 ? "ecw-summary" : "ecw-summary ecw-soft"}>
        {summary.invalid > 0 && (
          <span class="ecw-sign ecw-s-invalid" aria-hidden="true">
            ⚠{" "}
          </span>
        )}
        {sentence(summary)}
      </span>
      {settled.length > 0 && (
        <span class="ecw-settled">
          {settled.map(([status, n]) => (
            <span key={status} class={`ecw-s-${status}`}>
              <span class="ecw-sign" aria-hidden="true">
                {stateLook(status).sign}
              </span>{" "}
              {count(n)} {stateLook(status).word}
            </span>
          ))}
        </span>
      )}
      <span class="ecw-grow" />
      {confirming ? (
        // biome-ignore lint/a11y/noStaticElementInteractions: Escape in the question means no
        <span
          class="ecw-confirm"
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.stopPropagation();
            controller.confirm(false);
          }}
        >
          Drop {summary.changes === 1 ? "the edit" : `all ${count(summary.changes)} edits`}?
          <button
            ref={focusIt}
            type="button"
            class="ecw-button ecw-danger"
            onClick={() => {
              controller.confirm(false);
              void controller.command("drop", { all: true });
            }}
          >
            Drop all
          </button>
          <button type="button" class="ecw-button" onClick={() => controller.confirm(false)}>
            Keep
          </button>
        </span>
      ) : (
        <span class="ecw-actions">
          {settled.length > 0 && (
            <button type="button" class="ecw-button" onClick={() => void controller.command("clear_settled")}>
              Clear settled
            </button>
          )}
          <button
            type="button"
            class="ecw-button ecw-quiet"
            aria-label="Undo"
            title="Undo"
            disabled={!summary.can_undo}
            onClick={() => void controller.command("undo")}
          >
            <Icon name="undo" />
          </button>
          <button
            type="button"
            class="ecw-button ecw-quiet"
            aria-label="Redo"
            title="Redo"
            disabled={!summary.can_redo}
            onClick={() => void controller.command("redo")}
          >
            <Icon name="redo" />
          </button>
          <button
            type="button"
            class="ecw-button"
            disabled={summary.changes === 0}
            onClick={() => controller.confirm(true)}
          >
            Drop all…
          </button>
        </span>
      )}
    </div>
  );
}

function Table({ controller }: { controller: DiffController }): JSX.Element {
  const { rows, summary } = controller;
  return (
    <div
      class="ecw-tablebox"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
      tabIndex={0}
      role="region"
      aria-label="Table of staged edits"
      aria-busy={controller.busy}
    >
      <table>
        <caption class="ecw-sr">{sentence(summary)}</caption>
        <thead>
          <tr>
            <th scope="col">Item</th>
            <th scope="col">Key</th>
            <th scope="col">Before</th>
            <th scope="col">After</th>
            <th scope="col">Status</th>
            <th scope="col">
              <span class="ecw-sr">Drop</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows === null ? (
            <tr>
              <td colSpan={6} class="ecw-soft">
                Reading the edits…
              </td>
            </tr>
          ) : (
            rows.map((row) => <EditRow key={`${row.item}\n${row.key}`} controller={controller} row={row} />)
          )}
        </tbody>
      </table>
    </div>
  );
}

function EditRow({ controller, row }: { controller: DiffController; row: DiffRow }): JSX.Element {
  const name = row.name ?? row.item;
  const settled = row.status === "verified" || row.status === "already";
  const status = row.implied && row.status === "staged" ? "destroyed" : row.status;
  return (
    <tr class={`ecw-r-${status}`}>
      <th scope="row" title={row.item}>
        <button
          type="button"
          class="ecw-name ecw-look"
          title={`Show in the grid: ${row.item}`}
          onClick={() => void controller.command("look", { cells: [[row.item, row.key]] })}
        >
          {name}
        </button>
      </th>
      <td class="ecw-key">{row.key}</td>
      <td class="ecw-before">
        <Value cell={row.before} />
      </td>
      <td class="ecw-after">
        {row.after === 0 ? (
          <span class="ecw-remove">
            <span class="ecw-sign" aria-hidden="true">
              −
            </span>{" "}
            remove
          </span>
        ) : (
          <Value cell={row.after} />
        )}
        {row.observed !== undefined && !settled && !sameCell(row.observed, row.after) && (
          <div class="ecw-observed">
            now in Encord: <Value cell={row.observed} />
          </div>
        )}
      </td>
      <td class="ecw-statuscell">
        <Status state={status} />
        {row.note && (
          <div class="ecw-note">
            <Told text={row.note} />
          </div>
        )}
      </td>
      <td class="ecw-dropcell">
        {row.status === "conflict" && (
          <button
            type="button"
            class="ecw-button ecw-small"
            aria-label={`Keep ours: ${row.key} on ${name}`}
            title="The next commit writes our value over what is in Encord now"
            onClick={() => void controller.settle("overrule", row)}
          >
            Keep ours
          </button>
        )}{" "}
        {!settled && (
          <button
            type="button"
            class="ecw-button ecw-small"
            aria-label={`Drop: ${row.key} on ${name}`}
            title={`Drop the edit of ${row.key} on ${name}`}
            onClick={() => void controller.settle("drop", row)}
          >
            Drop
          </button>
        )}
      </td>
    </tr>
  );
}

function Pages({ controller }: { controller: DiffController }): JSX.Element {
  const { start, summary } = controller;
  const end = Math.min(start + PAGE, summary.rows);
  return (
    <nav class="ecw-pages" aria-label="Pages of edits">
      <button
        type="button"
        class="ecw-button"
        disabled={start === 0}
        onClick={() => controller.go(start - PAGE)}
      >
        Previous
      </button>
      <span role="status">
        {count(start + 1)}–{count(end)} of {count(summary.rows)}
      </span>
      <button
        type="button"
        class="ecw-button"
        disabled={end >= summary.rows}
        onClick={() => controller.go(start + PAGE)}
      >
        Next
      </button>
    </nav>
  );
}
