// Long messages cut to their first sentence, and what is said while nobody answers.
import { Component, type JSX } from "preact";

const LONG = 160;
const PATIENCE_MS = 2_000;

/** What comes before the first full stop that a blank follows. */
export function firstSentence(text: string): string {
  return /^[\s\S]*?[.!?](?=\s|$)/.exec(text)?.[0] ?? text;
}

/** A message: whole when it is short, else its first sentence, with the rest a click or a key away. */
export function Told({ text }: { text: string }): JSX.Element {
  const first = firstSentence(text);
  if (text.length <= LONG || first.length === text.length) return <span>{text}</span>;
  return (
    <details class="ecw-told" title={text}>
      <summary>{first}</summary>
      <div>{text.slice(first.length).trim()}</div>
    </details>
  );
}

interface WaitingProps {
  /** As long as it stays the same, nothing has moved. */
  at: string;
  /** What is wrong with a request that is being sent again, where that is known. */
  trouble: string | null;
}

/** Says that an answer is waited for: at once where Python knows why, else when nothing has moved for two seconds. */
export class StillWaiting extends Component<WaitingProps, { long: boolean }> {
  override state = { long: false };
  #timer: ReturnType<typeof setTimeout> | undefined;

  override componentDidMount(): void {
    this.#wait();
  }

  override componentDidUpdate(before: WaitingProps): void {
    if (before.at === this.props.at) return;
    this.setState({ long: false });
    this.#wait();
  }

  override componentWillUnmount(): void {
    clearTimeout(this.#timer);
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.setState({ long: true }), PATIENCE_MS);
  }

  override render({ trouble }: WaitingProps, { long }: { long: boolean }): JSX.Element {
    const text = trouble ?? (long ? "Still waiting for an answer from Encord." : "");
    return (
      <div class="ecw-waiting" role="status">
        {text && (
          <>
            {trouble && (
              <span class="ecw-sign" aria-hidden="true">
                ⚠{" "}
              </span>
            )}
            {text}
          </>
        )}
      </div>
    );
  }
}
