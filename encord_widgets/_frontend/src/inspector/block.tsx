// `$encord` of a video: settings, key frames, values of single frames, what is wrong, and the older `keyframes` key.
import { Component, type JSX } from "preact";
import { type Cell, count, textOf } from "../shared/cells";
import { Value } from "../shared/value";
import type { InspectorController } from "./controller";
import { type Block, type Deprecated, frameText, labelAt, type OpenFrame } from "./traits";
import { Adder, Tree } from "./tree";

interface Props {
  controller: InspectorController;
  block: Block;
}

export function BlockView({ controller, block }: Props): JSX.Element {
  const { open } = block;
  return (
    <section class="ecw-insp-block" aria-label="Frames of the video ($encord)">
      <h3 class="ecw-insp-head">Frames of the video ($encord)</h3>
      {block.deprecated && <Old controller={controller} old={block.deprecated} />}
      <div class="ecw-soft">{block.meaning}</div>
      <Settings controller={controller} block={block} />
      {block.problems.length > 0 && (
        <ul class="ecw-insp-problems" aria-label="What is wrong in $encord">
          {block.problems.map(({ path, reason }) => (
            <li key={path + reason}>
              <span class="ecw-sign" aria-hidden="true">
                ⚠
              </span>{" "}
              <code>{path}</code>: {reason}
            </li>
          ))}
        </ul>
      )}
      <ul class="ecw-insp-frames" aria-label="Key frames">
        {block.frames.map((frame) => (
          <li key={frame.label}>
            <button
              type="button"
              class="ecw-button ecw-small"
              aria-expanded={open?.label === frame.label}
              onClick={() => controller.openFrame(frame.label, frame.seconds)}
            >
              {frameText(frame, block.mode)}
            </button>
          </li>
        ))}
      </ul>
      {block.frames.length === 0 && <div class="ecw-soft">No key frame is listed.</div>}
      {block.more > 0 && (
        <div>
          <button
            type="button"
            class="ecw-button ecw-small"
            onClick={() => void controller.ask("more_frames")}
          >
            Show more of {count(block.more)} left
          </button>
        </div>
      )}
      <AddFrame controller={controller} block={block} />
      {open && <Frame controller={controller} frame={open} />}
      {block.unknown.length > 0 && (
        <div class="ecw-soft">
          Not known to this version, kept as it is: <code>{block.unknown.join(", ")}</code>
        </div>
      )}
    </section>
  );
}

function Old({ controller, old }: { controller: InspectorController; old: Deprecated }): JSX.Element {
  return (
    <div class="ecw-insp-old" role="note">
      <div>
        <strong>keyframes is deprecated.</strong> {old.text}
      </div>
      <div>
        It holds <Value cell={old.cell} />
      </div>
      {old.reason && <div class="ecw-insp-failure">{old.reason}</div>}
      <button
        type="button"
        class="ecw-button ecw-small"
        disabled={old.reason !== ""}
        onClick={() => void controller.about("move_keyframes")}
      >
        Move to $encord.frames
      </button>
    </div>
  );
}

/** A setting as typed: empty where it is not said. */
function typed(cell: Cell): string {
  return cell === 0 ? "" : textOf(cell);
}

function Settings({ controller, block }: Props): JSX.Element {
  const rate = typed(block.sampling_rate);
  const mode = typed(block.keyframe_mode);
  const set = (name: string, field: HTMLInputElement | HTMLSelectElement, was: string): void => {
    if (field.value === was) return;
    void controller.about("set_config", { name, text: field.value }).then((done) => {
      if (!done) field.value = was;
    });
  };
  return (
    <div class="ecw-insp-line">
      <label>
        <span>Samples per second</span>
        <input
          key={`rate ${rate}`}
          class="ecw-input ecw-insp-rate"
          inputMode="decimal"
          placeholder="1 (default)"
          defaultValue={rate}
          onChange={(event) => set("sampling_rate", event.currentTarget, rate)}
          onKeyDown={(event) => {
            if (event.key === "Enter") event.currentTarget.blur();
          }}
        />
      </label>
      <label>
        <span>Frames are named by</span>
        <select
          key={`mode ${mode}`}
          class="ecw-input"
          onChange={(event) => set("keyframe_mode", event.currentTarget, mode)}
        >
          <option value="" selected={mode === ""}>
            frame number (default)
          </option>
          <option value="frame" selected={mode === "frame"}>
            frame number
          </option>
          <option value="seconds" selected={mode === "seconds"}>
            seconds
          </option>
          {!["", "frame", "seconds"].includes(mode) && (
            <option value={mode} selected>
              {mode}
            </option>
          )}
        </select>
      </label>
    </div>
  );
}

class AddFrame extends Component<Props, { label: string }> {
  override state = { label: "" };

  readonly #add = async (label: string): Promise<void> => {
    if (await this.props.controller.about("add_frame", { label })) this.setState({ label: "" });
  };

  override render({ controller, block }: Props, { label }: { label: string }): JSX.Element {
    const { media, view } = controller;
    const word = block.mode === "frame" ? "Frame number" : "Seconds";
    return (
      <form
        class="ecw-insp-line"
        onSubmit={(event) => {
          event.preventDefault();
          void this.#add(label);
        }}
      >
        <label>
          <span>{word}</span>
          <input
            class="ecw-input ecw-insp-rate"
            inputMode="decimal"
            value={label}
            onInput={(event) => this.setState({ label: event.currentTarget.value })}
          />
        </label>
        <button type="submit" class="ecw-button ecw-small" disabled={!label.trim()}>
          Add key frame
        </button>
        {view.kind === "video" && media.shown.url && labelAt(0, block.mode, view.fps) !== null && (
          <button
            type="button"
            class="ecw-button ecw-small"
            onClick={() => {
              const now = labelAt(controller.video?.currentTime ?? 0, block.mode, view.fps);
              if (now !== null) void this.#add(now);
            }}
          >
            Add where the video is
          </button>
        )}
      </form>
    );
  }
}

function Frame({ controller, frame }: { controller: InspectorController; frame: OpenFrame }): JSX.Element {
  return (
    <section class="ecw-insp-frame" aria-label={`Frame ${frame.label}`}>
      <div class="ecw-insp-line">
        <h4 class="ecw-insp-head">Frame {frame.label}</h4>
        <button
          type="button"
          class="ecw-button ecw-small ecw-danger"
          onClick={() => void controller.about("remove_frame", { label: frame.label })}
        >
          Remove key frame
        </button>
      </div>
      {frame.rows.length === 0 && (
        <div class="ecw-soft">A key frame only: it holds no values of its own.</div>
      )}
      <Tree controller={controller} rows={frame.rows} label={frame.label} />
      <Adder controller={controller} addable={frame.addable} label={frame.label} key={frame.label} />
    </section>
  );
}
