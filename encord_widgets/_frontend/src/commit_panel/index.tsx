import { isClosed, messageOf } from "../shared/client";
import { mount, type ViewProps } from "../shared/mount";
import { CommitWidget } from "./commit";

export default {
  render(props: ViewProps): () => void {
    return mount(
      props,
      "commit",
      ["summary", "progress", "outcome", "error"],
      ({ model, client, redraw }) => {
        const local = { asked: null as "commit" | "cancel" | null, notice: null as string | null };
        const run = async (method: "commit" | "cancel"): Promise<void> => {
          local.asked = method;
          local.notice = null;
          redraw();
          try {
            await client.request(method);
          } catch (error) {
            if (!isClosed(error)) local.notice = messageOf(error);
          } finally {
            if (local.asked === method && (method === "commit" || local.notice)) local.asked = null;
            redraw();
          }
        };
        return {
          draw: () => (
            <CommitWidget
              model={model}
              client={client}
              asked={local.asked}
              notice={local.notice}
              run={(method) => void run(method)}
              dismiss={() => {
                local.notice = null;
                redraw();
              }}
            />
          ),
          changed: () => {
            const progress = model.get("progress") as { running?: boolean } | null;
            if (!progress?.running && local.asked === "cancel") local.asked = null;
          },
        };
      },
    );
  },
};
