// Small pieces that all widgets share. User text only ever becomes text nodes.
import type { AnyModel } from "@anywidget/types";
import type { JSX } from "preact";
import { stateLook } from "./cells";
import type { RequestClient } from "./client";

const PATHS = {
  undo: "M6 3 2.5 6.5 6 10M3 6.5h6.5a3.5 3.5 0 0 1 0 7H7",
  redo: "M10 3l3.5 3.5L10 10M13 6.5H6.5a3.5 3.5 0 0 0 0 7H9",
  refresh: "M13 4v3h-3M3 12V9h3M12.6 7A5 5 0 0 0 4 5.2L3 6.5M3.4 9a5 5 0 0 0 8.6 1.8L13 9.5",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.7 10.7 14 14",
  close: "M4 4l8 8M12 4l-8 8",
  filter: "M2.5 3h11L9.5 8v5l-3-1.5V8Z",
  video: "M2.5 4h8v8h-8zM10.5 7l3-2v6l-3-2",
  image: "M2.5 3h11v10h-11zM2.5 11l3.5-3.5 3 3 2-2 2.5 2.5M10.5 6h.01",
  audio:
    "M6 12V4l7-1.5v8M6 12a1.5 1.5 0 1 1-3 0 1.5 1.5 0 0 1 3 0ZM13 10.5a1.5 1.5 0 1 1-3 0 1.5 1.5 0 0 1 3 0Z",
  group: "M5 5h8.5v8H5zM2.5 10.5v-8H11",
  file: "M4 2h5l3.5 3.5V14H4zM9 2v3.5h3.5",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg class="ecw-icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        stroke-width="1.3"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}

interface ErrorTrait {
  message: string;
  detail?: string;
}

/** The `error` trait: whatever went wrong in Python, until it is dismissed. */
export function ErrorBanner({
  model,
  client,
}: {
  model: AnyModel;
  client: RequestClient;
}): JSX.Element | null {
  const error = model.get("error") as ErrorTrait | null | undefined;
  if (!error) return null;
  return (
    <Notice
      message={error.message}
      {...(error.detail ? { detail: error.detail } : {})}
      onDismiss={() => void client.request("dismiss_error").catch(() => undefined)}
    />
  );
}

interface NoticeProps {
  message: string;
  detail?: string;
  onDismiss(): void;
  action?: string;
}

export function Notice({ message, detail, onDismiss, action = "Dismiss" }: NoticeProps): JSX.Element {
  return (
    <div class="ecw-banner" role="alert">
      <span class="ecw-sign" aria-hidden="true">
        ⚠
      </span>
      <div class="ecw-banner-text">
        <div>{message}</div>
        {detail && (
          <details>
            <summary>Details</summary>
            <pre>{detail}</pre>
          </details>
        )}
      </div>
      <button type="button" class="ecw-button" onClick={onDismiss}>
        {action}
      </button>
    </div>
  );
}

/** Sign and word of a state: never colour alone. */
export function Status({ state }: { state: string }): JSX.Element {
  const { sign, word } = stateLook(state);
  return (
    <span class={`ecw-status ecw-s-${state}`}>
      <span class="ecw-sign" aria-hidden="true">
        {sign}
      </span>
      {word}
    </span>
  );
}
