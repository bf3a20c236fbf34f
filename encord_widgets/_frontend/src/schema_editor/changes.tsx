// What is staged on the schema: the diff, what it breaks, conflicts with somebody else, and the guarded save.
import type { JSX } from "preact";
import { count, plural } from "../shared/cells";
import { Value } from "../shared/value";
import type { SchemaController } from "./controller";
import {
  agrees,
  type Conflict,
  type Impact,
  reasonNot,
  type StagedKey,
  sentence,
  told,
  wordFor,
} from "./traits";

const SIGNS = { added: "+", changed: "•", deleted: "−", restored: "↺" } as const;

export function Changes({ controller }: { controller: SchemaController }): JSX.Element {
  const { summary, model } = controller;
  const impact = (model.get("impact") as Impact[] | null) ?? [];
  const blocked = reasonNot(summary);
  const problems = new Map(summary.problems.map((one) => [one.key, one.text]));
  return (
    <section class="ecw-schema-changes" aria-label="Staged on the schema">
      <div class="ecw-schema-line">
        <strong role="status">{sentence(summary.changes)}</strong>
        <span class="ecw-grow" />
        <button
          type="button"
          class="ecw-button"
          disabled={summary.saving}
          onClick={() => void controller.ask("discard")}
        >
          Discard
        </button>
        <button
          type="button"
          class="ecw-button ecw-primary"
          disabled={blocked !== null || controller.asked === "save" || controller.typed !== null}
          title={blocked ?? "The schema is read again first, merged key by key, saved, and read back"}
          onClick={controller.save}
        >
          {summary.saving || controller.asked === "save" ? "Saving…" : "Save schema"}
        </button>
      </div>
      {controller.typed !== null && summary.deletes.length > 0 && <Confirm controller={controller} />}
      {summary.conflicts.length > 0 && <Conflicts conflicts={summary.conflicts} controller={controller} />}
      <ul class="ecw-schema-diff">
        {summary.changes.map((change) => (
          <Change
            key={change.key}
            change={change}
            problem={problems.get(change.key)}
            impact={impact.find((one) => one.key === change.key)}
            controller={controller}
          />
        ))}
      </ul>
    </section>
  );
}

interface ChangeProps {
  change: StagedKey;
  problem: string | undefined;
  impact: Impact | undefined;
  controller: SchemaController;
}

function Change({ change, problem, impact, controller }: ChangeProps): JSX.Element {
  return (
    <li class={`is-${change.change}`}>
      <div class="ecw-schema-line">
        <span class="ecw-schema-state is-staged">
          <span class="ecw-sign" aria-hidden="true">
            {SIGNS[change.change]}
          </span>{" "}
          {change.change}
        </span>
        <b class="ecw-schema-key">{change.key}</b>
        <span>{change.text}</span>
        <span class="ecw-grow" />
        <button
          type="button"
          class="ecw-button ecw-small ecw-quiet"
          aria-label={`Take back: ${change.key}`}
          onClick={() => void controller.act("undo", change.key)}
        >
          Take back
        </button>
      </div>
      {problem && (
        <div class="ecw-s-invalid">
          <span class="ecw-sign" aria-hidden="true">
            ⚠
          </span>{" "}
          {problem}
        </div>
      )}
      {change.advice.map((line) => (
        <div key={line} class="ecw-soft">
          {line}
        </div>
      ))}
      {impact && <Breaks impact={impact} controller={controller} />}
    </li>
  );
}

function Breaks({ impact, controller }: { impact: Impact; controller: SchemaController }): JSX.Element {
  if (impact.broken === 0) return <div class="ecw-soft">{told(impact)}</div>;
  return (
    <div class="ecw-schema-impact">
      <div class="ecw-schema-line">
        <span class="ecw-s-invalid">
          <span class="ecw-sign" aria-hidden="true">
            ⚠
          </span>{" "}
          {told(impact)}
        </span>
        <button
          type="button"
          class="ecw-button ecw-small"
          aria-label={`Show the items whose ${impact.key} ${impact.deletes ? "would go untyped" : "would not fit"}`}
          onClick={() => void controller.ask("show", { key: impact.key })}
        >
          Show these
        </button>
      </div>
      <ul class="ecw-schema-examples">
        {impact.examples.map((one) => (
          <li key={one.item}>
            <span class="ecw-soft" title={one.item}>
              {one.name ?? one.item}
            </span>{" "}
            <Value cell={one.value} />
            {one.count > 1 && <span class="ecw-soft"> × {count(one.count)}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}

function focusIt(element: HTMLElement | null): void {
  element?.focus();
}

function Confirm({ controller }: { controller: SchemaController }): JSX.Element {
  const { deletes } = controller.summary;
  const agreed = agrees(controller.typed ?? "", deletes);
  return (
    <form
      class="ecw-schema-end"
      onSubmit={(event) => {
        event.preventDefault();
        controller.confirm();
      }}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Escape") controller.type(null);
      }}
    >
      <label>
        <span>
          <span class="ecw-sign ecw-s-destroyed" aria-hidden="true">
            −
          </span>{" "}
          This deletes {deletes.length === 1 ? "a key" : plural(deletes.length, "key")} for the whole
          organisation: {deletes.join(", ")}. Type <b>{wordFor(deletes)}</b> to save:
        </span>
        <input
          ref={focusIt}
          class="ecw-input"
          type="text"
          autocomplete="off"
          spellcheck={false}
          value={controller.typed ?? ""}
          onInput={(event) => controller.type(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="ecw-button ecw-small ecw-danger" disabled={!agreed}>
        Delete and save
      </button>
      <button type="button" class="ecw-button ecw-small" onClick={() => controller.type(null)}>
        Back
      </button>
    </form>
  );
}

function Conflicts({
  conflicts,
  controller,
}: {
  conflicts: Conflict[];
  controller: SchemaController;
}): JSX.Element {
  return (
    <div class="ecw-schema-conflicts" role="alert">
      <div>
        <span class="ecw-sign ecw-s-conflict" aria-hidden="true">
          ≠
        </span>{" "}
        Somebody else saved the schema meanwhile, with other types for {plural(conflicts.length, "key")}.
        Nothing was saved.
      </div>
      {conflicts.map((one) => (
        <div key={one.key} class="ecw-schema-line">
          <b class="ecw-schema-key">{one.key}</b>
          <span>
            was {one.base}; mine is <b>{one.ours}</b>, theirs is <b>{one.theirs}</b>
          </span>
          <span class="ecw-grow" />
          <button
            type="button"
            class="ecw-button ecw-small"
            aria-label={`Keep mine: ${one.key}`}
            onClick={() => void controller.ask("choose", { key: one.key, side: "ours" })}
          >
            Keep mine
          </button>
          <button
            type="button"
            class="ecw-button ecw-small"
            aria-label={`Take theirs: ${one.key}`}
            onClick={() => void controller.ask("choose", { key: one.key, side: "theirs" })}
          >
            Take theirs
          </button>
        </div>
      ))}
    </div>
  );
}
