// The whole builder: a bar, the tree, its text, and the panel that explores a column.
import type { JSX } from "preact";
import { count, plural } from "../shared/cells";
import { ErrorBanner, Notice } from "../shared/ui";
import type { BuilderController } from "./controller";
import { Dialogs } from "./dialogs";
import { Facets } from "./facets";
import { dragLook, Handle, NodeButtons, NodeNumbers, Rule, rowKeys } from "./rule";
import { TextForm } from "./text";
import type { GroupNode } from "./traits";
import { isMuted, isNegated } from "./tree";

export function Builder({ controller }: { controller: BuilderController }): JSX.Element {
  const { model, client, tree, notice } = controller;
  return (
    <>
      <ErrorBanner model={model} client={client} />
      {notice && <Notice message={notice} onDismiss={controller.dismiss} />}
      <Bar controller={controller} />
      <div class="ecw-f-body">
        <div class="ecw-f-main">
          <ul class="ecw-f-tree" aria-label="Filter">
            <Group controller={controller} node={tree} parent={null} hushed={false} />
          </ul>
          <TextForm controller={controller} />
        </div>
        <Facets controller={controller} />
      </div>
      <div class="ecw-sr" aria-live="polite">
        {controller.message}
      </div>
      <Dialogs controller={controller} />
    </>
  );
}

function Bar({ controller }: { controller: BuilderController }): JSX.Element {
  const { counts, tree } = controller;

  return (
    <div class="ecw-bar">
      <h2 class="ecw-title">Filter</h2>
      <span class="ecw-f-total" role="status">
        {counts ? `${count(counts.matches)} of ${plural(counts.total, "item")} match` : "Counting…"}
      </span>
      {counts && counts.moved > 0 && (
        <>
          <span class="ecw-chip" title="Edits changed what matches; rows stay in view while one edits">
            {count(counts.in_view)} in view
          </span>
          <button
            type="button"
            class="ecw-button ecw-small"
            onClick={() => void controller.ask("apply_again")}
          >
            Apply again
          </button>
        </>
      )}
      <span class="ecw-grow" />
      <button
        type="button"
        class="ecw-button"
        aria-haspopup="dialog"
        onClick={() => controller.show("saved")}
      >
        Saved…
      </button>
      <button type="button" class="ecw-button" aria-haspopup="dialog" onClick={() => controller.show("code")}>
        Copy as…
      </button>
      <button
        type="button"
        class="ecw-button"
        disabled={!tree.parts.length}
        onClick={() =>
          controller.edit({ ...tree, kind: "and", muted: false, nots: [], parts: [] }, "Filter cleared.")
        }
      >
        Clear
      </button>
      <button
        type="button"
        class="ecw-button ecw-quiet"
        aria-label="Keyboard and mouse"
        title="Keyboard and mouse"
        onClick={() => controller.show("help")}
      >
        ?
      </button>
    </div>
  );
}

interface GroupProps {
  controller: BuilderController;
  node: GroupNode;
  parent: GroupNode | null;
  hushed: boolean;
}

function Group({ controller, node: group, parent, hushed }: GroupProps): JSX.Element {
  const off = hushed || isMuted(group);
  const what = parent ? "this group" : "the filter";
  return (
    <li
      class={`ecw-f-group ${off ? "is-off" : ""} ${parent ? "" : "is-root"}`}
      data-node={group.id}
      aria-label={controller.words(group)}
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: keys of the controls in it */}
      <div
        class={`ecw-f-head ${dragLook(controller, group.id)}`}
        data-row={parent ? `group:${group.id}` : undefined}
        onKeyDown={(event) => rowKeys(controller, group, event)}
      >
        {parent && <Handle controller={controller} node={group} />}
        <div class="ecw-f-what">
          {isNegated(group) && <span class="ecw-f-not">not</span>}
          <select
            class="ecw-input ecw-f-kind"
            aria-label={parent ? "Group holds when" : "Filter holds when"}
            value={group.kind}
            onChange={(event) =>
              controller.change(group, { ...group, kind: event.currentTarget.value === "or" ? "or" : "and" })
            }
          >
            <option value="and">all of these hold</option>
            <option value="or">any of these holds</option>
          </select>
        </div>
        {(parent || group.nots.length > 0 || isMuted(group)) && (
          <NodeNumbers controller={controller} node={group} parent={parent} hushed={hushed} />
        )}
        <NodeButtons controller={controller} node={group} parent={parent} hushed={hushed} />
      </div>
      <ul class="ecw-f-parts">
        {group.parts.map((part) =>
          part.kind === "rule" ? (
            <Rule key={part.id} controller={controller} node={part} parent={group} hushed={off} />
          ) : (
            <Group key={part.id} controller={controller} node={part} parent={group} hushed={off} />
          ),
        )}
        <li
          class={`ecw-f-foot ${dragLook(controller, group.id, true)}`}
          data-foot={group.id}
          data-row={`foot:${group.id}`}
        >
          <button
            type="button"
            class="ecw-f-add"
            aria-label={`Add a rule to ${what}`}
            onClick={() => controller.addRule(group)}
          >
            + Rule
          </button>
          <button
            type="button"
            class="ecw-f-add"
            aria-label={`Add a group to ${what}`}
            onClick={() => controller.addGroup(group)}
          >
            + Group
          </button>
          {group.parts.length === 0 && (
            <span class="ecw-soft">{parent ? "An empty group." : "No rules: every item matches."}</span>
          )}
        </li>
      </ul>
    </li>
  );
}
