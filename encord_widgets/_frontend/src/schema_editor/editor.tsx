// The whole widget: what can be done, the table of keys, what is staged, the migration under way.
import type { JSX } from "preact";
import { plural } from "../shared/cells";
import { Dialog } from "../shared/dialog";
import { ErrorBanner, Icon, Notice } from "../shared/ui";
import { AddForm } from "./add";
import { Changes } from "./changes";
import type { SchemaController } from "./controller";
import { MigrationView } from "./migration";
import { KeyTable } from "./table";
import { headline, type Migration, type Outcome } from "./traits";

export function SchemaWidget({ controller }: { controller: SchemaController }): JSX.Element {
  const { model, client, notice, summary, exported } = controller;
  const migration = model.get("migration") as Migration | null;
  const outcome = model.get("outcome") as Outcome | null;
  return (
    <>
      <Bar controller={controller} />
      <ErrorBanner model={model} client={client} />
      {notice && <Notice message={notice} onDismiss={controller.dismiss} />}
      {controller.draft && <AddForm controller={controller} draft={controller.draft} />}
      <KeyTable controller={controller} />
      {migration && <MigrationView controller={controller} migration={migration} />}
      {(summary.changes.length > 0 || summary.conflicts.length > 0) && <Changes controller={controller} />}
      <div aria-live="polite">
        {outcome && (
          <div class={`ecw-schema-outcome ${outcome.ok ? "is-ok" : ""}`}>
            <span class={`ecw-sign ${outcome.ok ? "ecw-s-verified" : "ecw-s-failed"}`} aria-hidden="true">
              {outcome.ok ? "✓" : "⚠"}
            </span>
            <div class="ecw-schema-outcome-text">
              <div>{outcome.text}</div>
              {outcome.details.map((line) => (
                <div key={line} class="ecw-schema-detail">
                  {line}
                </div>
              ))}
            </div>
            <button
              type="button"
              class="ecw-button ecw-small"
              onClick={() => void controller.ask("dismiss_outcome")}
            >
              Dismiss
            </button>
          </div>
        )}
      </div>
      {exported && <Export controller={controller} />}
    </>
  );
}

function Bar({ controller }: { controller: SchemaController }): JSX.Element {
  const { summary, rows } = controller;
  const about =
    summary.items === null
      ? ""
      : `, in ${plural(summary.items, "item")} of ${summary.source}${summary.counting ? " (counting…)" : ""}`;
  return (
    <div class="ecw-bar">
      <h2 class="ecw-title">Metadata schema</h2>
      <span role="status" class="ecw-soft ecw-schema-about">
        {headline(rows)}
        {about}
      </span>
      <span class="ecw-schema-tools">
        <input
          class="ecw-input ecw-schema-search"
          type="search"
          aria-label="Find a key"
          placeholder="Find a key"
          value={controller.search}
          onInput={(event) => controller.find(event.currentTarget.value)}
        />
        {(["undo", "redo"] as const).map((step) => (
          <button
            key={step}
            type="button"
            class="ecw-button ecw-quiet"
            aria-label={step === "undo" ? "Undo" : "Redo"}
            title={step === "undo" ? "Undo" : "Redo"}
            disabled={step === "undo" ? !summary.can_undo : !summary.can_redo}
            onClick={() => void (step === "undo" ? controller.ask("undo_step") : controller.ask("redo_step"))}
          >
            <Icon name={step} />
          </button>
        ))}
        <button
          type="button"
          class="ecw-button"
          aria-expanded={controller.draft !== null}
          onClick={() => (controller.draft ? controller.abandon() : controller.begin())}
        >
          Add key
        </button>
        <button type="button" class="ecw-button" onClick={() => void controller.export("json")}>
          Export
        </button>
        <button
          type="button"
          class="ecw-button ecw-quiet"
          aria-label="Read the schema again"
          title="Read the schema again"
          disabled={controller.asked === "refresh"}
          onClick={() => void controller.ask("refresh")}
        >
          <Icon name="refresh" />
        </button>
      </span>
    </div>
  );
}

let area: HTMLTextAreaElement | null = null;
function keep(element: HTMLTextAreaElement | null): void {
  area = element;
}

function Export({ controller }: { controller: SchemaController }): JSX.Element {
  const { exported, copied, summary } = controller;
  return (
    <Dialog title="Schema as text" onClose={controller.put}>
      <div class="ecw-schema-export">
        <div role="group" aria-label="Format" class="ecw-schema-line">
          {(["json", "yaml"] as const).map((format) => (
            <button
              key={format}
              type="button"
              class="ecw-button ecw-small"
              aria-pressed={exported?.format === format}
              onClick={() => void controller.export(format)}
            >
              {format.toUpperCase()}
            </button>
          ))}
          {summary.changes.length > 0 && <span class="ecw-soft">With what is staged</span>}
          <span class="ecw-grow" />
          <button
            type="button"
            class="ecw-button ecw-small ecw-primary"
            onClick={() => void controller.copy(area)}
          >
            {copied ? "Copied" : "Copy"}
          </button>
        </div>
        <textarea
          ref={keep}
          readOnly
          class="ecw-input"
          aria-label="The schema"
          value={exported?.text ?? ""}
        />
      </div>
    </Dialog>
  );
}
