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
    <section class="ecw-schema-migration" aria-label="Migration">
      <div class="ecw-schema-line">
        <strong>{migration.title}</strong>
        <span class="ecw-grow" />
        {!finished && (
          <>
            <button
              type="button"
              class="ecw-button"
              disabled={busy || blocked !== ""}
              onClick={() => void controller.ask("run_next")}
            >
              Run next step
            </button>
            <button
              type="button"
              class="ecw-button ecw-primary"
              disabled={busy || blocked !== ""}
              onClick={() => void controller.ask("run_all")}
            >
              {busy ? "Running…" : "Run all steps"}
            </button>
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
      <div>
        {plural(review.edits, "value")} on {plural(review.items, "item")} will be moved:
      </div>
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
      {review.left.map((one) => (
        <div key={one.text} class="ecw-s-invalid">
          <span class="ecw-sign" aria-hidden="true">
            ⚠
          </span>{" "}
          {one.text}
        </div>
      ))}
    </div>
  );
}
