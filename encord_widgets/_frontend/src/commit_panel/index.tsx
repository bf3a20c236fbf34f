import { mount, type ViewProps } from "../shared/mount";
import { CommitWidget } from "./commit";
import { CommitController } from "./controller";

export default {
  render(props: ViewProps): () => void {
    return mount(
      props,
      "commit",
      ["summary", "progress", "outcome", "left_over", "notice", "error"],
      (context) => {
        const controller = new CommitController(context);
        return {
          draw: () => <CommitWidget controller={controller} />,
          changed: () => controller.changed(),
          close: () => controller.close(),
        };
      },
    );
  },
};
