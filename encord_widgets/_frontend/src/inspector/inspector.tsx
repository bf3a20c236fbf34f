// The whole widget: which item, its media, its metadata, and what belongs to videos and image groups.
import type { JSX } from "preact";
import { plural } from "../shared/cells";
import { ErrorBanner, Icon, Notice } from "../shared/ui";
import { Value } from "../shared/value";
import { BlockView } from "./block";
import type { InspectorController } from "./controller";
import { GroupView } from "./group";
import { MediaView } from "./picture";
import { type InspectorView, placeText } from "./traits";
import { Adder, Tree } from "./tree";

export interface Props {
  controller: InspectorController;
}

export function InspectorWidget({ controller }: Props): JSX.Element {
  const { model, client, notice, view, block, group } = controller;
  return (
    <>
      <Bar controller={controller} />
      <ErrorBanner model={model} client={client} />
      {notice && <Notice message={notice} onDismiss={controller.dismiss} />}
      {view.item === null ? (
        <div class="ecw-empty ecw-soft" role="status">
          {view.loading ? "The items are being read…" : "There is no item to show."}
        </div>
      ) : (
        <div class="ecw-insp-body">
          <div class="ecw-insp-columns">
            <div class="ecw-insp-left">
              {group && <GroupView controller={controller} group={group} />}
              {view.kind !== "group" && <MediaView controller={controller} />}
              {block && <BlockView controller={controller} block={block} />}
            </div>
            <div class="ecw-insp-right">
              <Metadata controller={controller} />
              <Fields view={view} />
            </div>
          </div>
        </div>
      )}
    </>
  );
}

function Bar({ controller }: Props): JSX.Element {
  const { view } = controller;
  if (view.item === null)
    return (
      <div class="ecw-bar">
        <h2 class="ecw-title">Inspector</h2>
      </div>
    );
  const undo = (step: "undo" | "redo"): JSX.Element => (
    <button
      type="button"
      class="ecw-button ecw-quiet"
      aria-label={step === "undo" ? "Undo" : "Redo"}
      title={step === "undo" ? "Undo" : "Redo"}
      disabled={step === "undo" ? !view.can_undo : !view.can_redo}
      onClick={() => void (step === "undo" ? controller.ask("undo") : controller.ask("redo"))}
    >
      <Icon name={step} />
    </button>
  );
  return (
    <div class="ecw-bar">
      <button
        type="button"
        class="ecw-button ecw-quiet"
        aria-label="Previous item"
        title="Previous item"
        disabled={view.position === 0}
        onClick={() => void controller.ask("step", { back: true })}
      >
        <span aria-hidden="true">‹</span>
      </button>
      <button
        type="button"
        class="ecw-button ecw-quiet"
        aria-label="Next item"
        title="Next item"
        disabled={view.position !== null && view.position >= view.total - 1}
        onClick={() => void controller.ask("step", { back: false })}
      >
        <span aria-hidden="true">›</span>
      </button>
      <h2 class="ecw-title ecw-insp-name" title={view.item}>
        {view.name}
      </h2>
      <span class="ecw-soft" role="status">
        {view.item_type}, {placeText(view, controller.group)}
        {view.staged > 0 ? `, ${plural(view.staged, "edit")} staged` : ""}
      </span>
      <span class="ecw-insp-tools">
        {undo("undo")}
        {undo("redo")}
        <label class="ecw-insp-follow">
          <input
            type="checkbox"
            checked={view.following}
            onChange={(event) => void controller.ask("follow", { on: event.currentTarget.checked })}
          />
          Follow the selection
        </label>
      </span>
    </div>
  );
}

function Metadata({ controller }: Props): JSX.Element {
  const { metadata, view } = controller;
  return (
    <section aria-label="Metadata">
      <h3 class="ecw-insp-head">Metadata</h3>
      {metadata.length === 0 && <div class="ecw-soft">The item holds no metadata.</div>}
      <Tree controller={controller} rows={metadata} label={null} />
      <Adder controller={controller} addable={view.addable} label={null} key={view.item} />
    </section>
  );
}

function Fields({ view }: { view: InspectorView }): JSX.Element {
  return (
    <details class="ecw-insp-fields">
      <summary>Item fields</summary>
      <dl class="ecw-list">
        <dt>uuid</dt>
        <dd>
          <span class="ecw-value">{view.item}</span>
        </dd>
        {view.fields.map(({ name, cell }) => [
          <dt key={`${name} name`}>{name}</dt>,
          <dd key={name}>
            <Value cell={cell} />
          </dd>,
        ])}
      </dl>
    </details>
  );
}
