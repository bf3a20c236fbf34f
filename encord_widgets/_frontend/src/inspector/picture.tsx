// Picture, video, audio or text of the item.
import type { JSX } from "preact";
import type { InspectorController } from "./controller";

export function MediaView({ controller }: { controller: InspectorController }): JSX.Element {
  const { view, media } = controller;
  const { state, url, text, note } = media.shown;
  const broken = (): void => media.broken();
  if (state === "loading")
    return (
      <div class="ecw-insp-media ecw-soft" role="status">
        Reading the file…
      </div>
    );
  if (state === "none")
    return (
      <div class="ecw-insp-media ecw-soft">
        <div>{note}</div>
        {!view.note && (
          <button type="button" class="ecw-button ecw-small" onClick={() => media.retry()}>
            Try again
          </button>
        )}
      </div>
    );
  if (text !== undefined)
    return (
      <div class="ecw-insp-text">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
        <pre tabIndex={0} role="region" aria-label={`Text of ${view.name}`}>
          {text}
        </pre>
        {note && <div class="ecw-soft">{note}</div>}
      </div>
    );
  return (
    <div class="ecw-insp-media">
      {view.kind === "video" ? (
        // biome-ignore lint/a11y/useMediaCaption: recorded data has no captions
        <video
          key={url}
          ref={(video) => {
            controller.video = video;
          }}
          src={url}
          controls
          preload="auto"
          aria-label={`Video ${view.name}`}
          onLoadedMetadata={(event) => {
            if (controller.resumeAt) event.currentTarget.currentTime = controller.resumeAt;
            controller.resumeAt = 0;
          }}
          onError={(event) => {
            controller.resumeAt = event.currentTarget.currentTime;
            broken();
          }}
        />
      ) : view.kind === "audio" ? (
        // biome-ignore lint/a11y/useMediaCaption: recorded data has no captions
        <audio key={url} src={url} controls aria-label={`Audio ${view.name}`} onError={broken} />
      ) : (
        <img key={url} src={url} alt={view.name} onError={broken} />
      )}
    </div>
  );
}
