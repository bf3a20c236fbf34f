// The frames of an image group: each an item of its own.
import type { JSX } from "preact";
import { count, plural } from "../shared/cells";
import { Icon } from "../shared/ui";
import type { InspectorController } from "./controller";
import type { Group, GroupFrame } from "./traits";

interface Props {
  controller: InspectorController;
  group: Group;
}

export function GroupView({ controller, group }: Props): JSX.Element {
  const show = (frame: string | null) => () => void controller.ask("show_frame", { frame });
  return (
    <section class="ecw-insp-group" aria-label={`Frames of ${group.name}`}>
      <div class="ecw-insp-line">
        <h3 class="ecw-insp-head">Frames of {group.name}</h3>
        {group.current !== null && (
          <button type="button" class="ecw-button ecw-small" onClick={show(null)}>
            Back to the group
          </button>
        )}
      </div>
      {group.error && (
        <div class="ecw-insp-failure" role="alert">
          {group.error}{" "}
          <button
            type="button"
            class="ecw-button ecw-small"
            onClick={() => controller.openFrames(group.item)}
          >
            Try again
          </button>
        </div>
      )}
      {!group.opened && !group.error && (
        <div class="ecw-soft" role="status">
          Reading the frames…
        </div>
      )}
      <ol class="ecw-insp-strip">
        {group.frames.map((frame, at) => (
          <li key={frame.item}>
            <button
              type="button"
              class="ecw-insp-thumb"
              aria-current={frame.item === group.current ? "true" : undefined}
              aria-label={`Frame ${at + 1}: ${frame.name}${frame.staged ? `, ${plural(frame.staged, "edit")} staged` : ""}`}
              title={frame.name}
              onClick={show(frame.item)}
            >
              <Picture controller={controller} frame={frame} />
              <span>
                {at + 1}
                {frame.staged > 0 && (
                  <span class="ecw-s-staged" aria-hidden="true">
                    {" "}
                    • {count(frame.staged)}
                  </span>
                )}
              </span>
            </button>
          </li>
        ))}
      </ol>
      {group.more > 0 && <div class="ecw-soft">… and {count(group.more)} more</div>}
      {group.opened && <Apart controller={controller} group={group} />}
    </section>
  );
}

function Picture({ controller, frame }: { controller: InspectorController; frame: GroupFrame }): JSX.Element {
  const thumb = controller.thumbs.get(frame.item);
  if (thumb?.url) return <img src={thumb.url} alt="" onError={() => controller.thumbs.broken(frame.item)} />;
  return <Icon name={frame.image ? "image" : "file"} />;
}

/** What is staged on the frames' own set, and how it is committed. */
function Apart({ controller, group }: Props): JSX.Element {
  const { staged, outcome } = group;
  return (
    <div class="ecw-insp-apart" aria-live="polite">
      {staged > 0 ? (
        <>
          <span>
            {plural(staged, "edit")} staged on the frames. They are items of their own, with a commit of their
            own.
          </span>
          <button
            type="button"
            class="ecw-button ecw-small ecw-primary"
            onClick={() => void controller.ask("commit_frames", { group: group.item })}
          >
            Commit {plural(staged, "edit")} of frames
          </button>
        </>
      ) : (
        <span class="ecw-soft">
          {group.current === null
            ? "Each frame is an item of its own: choose one to see and edit its metadata."
            : ""}
        </span>
      )}
      {outcome && (
        <span class={outcome.ok ? "ecw-s-verified" : "ecw-s-failed"}>
          <span class="ecw-sign" aria-hidden="true">
            {outcome.ok ? "✓" : "⚠"}
          </span>{" "}
          {outcome.text}
        </span>
      )}
    </div>
  );
}
