// A migration: what it moves, and its steps in order, to be run one by one or all at once.
import type { JSX } from "preact";
import { count, plural } from "../shared/cells";
import { Value } from "../shared/value";
import type { SchemaController } from "./controller";
import type { Migration, Step } from "./traits";

const LOOKS: Record<Step["state"], { sign: string; word: string }> = {
  done: { sign: "✓", word: "done" },
  next: { sign: "▸", word: "next" },
  waiting: { sign: "·", word: "waiting" },
};

export function MigrationView({
  controller,
  migration,
}: {
  controller: SchemaController;
  migration: Migration;
}): JSX.Element {
  const { review, progress, running, finished, blocked } = migration;
  const busy = running || controller.asked === "run_next" || controller.asked === "run_all";
  return (
    <section ref={controller.showPlanned} tabIndex={-1} class="ecw-schema-migration" aria-label="Migration">
      <div class="ecw-schema-line">
        <strong>{migration.title}</strong>
        <span class="ecw-grow" />
        {!finished && (
          <>
            <button
              type="button"
              class="ecw-button"
              disabled={busy || blocked !== "" || controller.retiring !== null}
              onClick={controller.next}
            >
              {migration.retires ? "Run next step…" : "Run next step"}
            </button>
            {!migration.retires && (
              <button
                type="button"
                class="ecw-button ecw-primary"
                disabled={busy || blocked !== ""}
                onClick={() => void controller.ask("run_all")}
              >
                {busy ? "Running…" : "Run all steps"}
              </button>
            )}
          </>
        )}
        <button
          type="button"
          class="ecw-button"
          disabled={busy}
          onClick={() => void controller.ask("close_migration")}
        >
          {finished ? "Close" : "Put away"}
        </button>
      </div>
      {migration.retires && controller.retiring !== null && (
        <Retire controller={controller} retires={migration.retires} typed={controller.retiring} />
      )}
      {blocked && (
        <div class="ecw-s-invalid">
          <span class="ecw-sign" aria-hidden="true">
            ⚠
          </span>{" "}
          {blocked}
        </div>
      )}
      {review && !finished && <Review review={review} />}
      <ol class="ecw-schema-steps">
        {migration.steps.map((step) => (
          <li
            key={step.title}
            class={`is-${step.state}`}
            aria-current={step.state === "next" ? "step" : undefined}
          >
            <span class="ecw-sign" aria-hidden="true">
              {LOOKS[step.state].sign}
            </span>
            <div>
              <div>
                <b>{step.title}</b> <span class="ecw-soft">{LOOKS[step.state].word}</span>
              </div>
              <div>{step.text}</div>
              {step.note && <div class="ecw-schema-note">{step.note}</div>}
            </div>
          </li>
        ))}
      </ol>
      {progress && (
        <label class="ecw-schema-progress">
          <span>
            {progress.text}{" "}
            <span class="ecw-soft">
              {count(progress.done)} of {plural(progress.total, "item")}
            </span>
          </span>
          <progress value={progress.total ? progress.done : undefined} max={progress.total || undefined} />
        </label>
      )}
    </section>
  );
}

function Review({ review }: { review: NonNullable<Migration["review"]> }): JSX.Element {
  if (review.edits === 0 && review.left.length === 0)
    return <div class="ecw-soft">No value of the items in view has to be moved.</div>;
  return (
    <div>
      {review.edits > 0 && (
        <div>
          {plural(review.edits, "edit")} on {plural(review.items, "item")}, committed as any other:
        </div>
      )}
      <div class="ecw-schema-moves">
        {review.moves.map((move) => (
          <div key={JSON.stringify([move.before, move.after])}>
            <span class="ecw-schema-before">
              <Value cell={move.before} />
            </span>
            <span aria-hidden="true">→</span>
            <span class="ecw-sr">becomes</span>
            <span>
              <Value cell={move.after} />
            </span>
            <span class="ecw-soft">{plural(move.count, "item")}</span>
          </div>
        ))}
        {review.more > 0 && <div class="ecw-soft">… and {count(review.more)} more kinds of move.</div>}
      </div>
      {review.left.length > 0 && (
        <div class="ecw-s-invalid">
          <span class="ecw-sign" aria-hidden="true">
            ⚠
          </span>{" "}
          These values stay where they are:
        </div>
      )}
      <ul class="ecw-schema-examples">
        {review.left.map((one) => (
          <li key={JSON.stringify(one.value) + one.reason}>
            <Value cell={one.value} /> <span class="ecw-soft">({plural(one.count, "item")})</span>:{" "}
            {one.reason}
          </li>
        ))}
      </ul>
    </div>
  );
}

function focusIt(element: HTMLElement | null): void {
  element?.focus();
}

interface RetireProps {
  controller: SchemaController;
  retires: string;
  typed: string;
}

function Retire({ controller, retires, typed }: RetireProps): JSX.Element {
  const agreed = typed.trim() === retires;
  return (
    <form
      class="ecw-schema-end"
      onSubmit={(event) => {
        event.preventDefault();
        if (agreed) controller.retire(retires);
      }}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Escape") controller.typeRetiring(null);
      }}
    >
      <label>
        <span>
          <span class="ecw-sign ecw-s-destroyed" aria-hidden="true">
            −
          </span>{" "}
          This deletes a key for the whole organisation; it can be restored. Type <b>{retires}</b> to go on:
        </span>
        <input
          ref={focusIt}
          class="ecw-input"
          type="text"
          autocomplete="off"
          spellcheck={false}
          value={typed}
          onInput={(event) => controller.typeRetiring(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="ecw-button ecw-small ecw-danger" disabled={!agreed}>
        Delete the old key
      </button>
      <button type="button" class="ecw-button ecw-small" onClick={() => controller.typeRetiring(null)}>
        Back
      </button>
    </form>
  );
}
