import { mount, type ViewProps } from "../shared/mount";
import { JoinController } from "./controller";
import { JoinWidget } from "./join";

export default {
  render(props: ViewProps): () => void {
    return mount(props, "join", ["summary", "columns", "error"], (context) => {
      const controller = new JoinController(context);
      return {
        draw: () => <JoinWidget controller={controller} model={context.model} client={context.client} />,
        changed: () => controller.changed(),
        close: () => controller.close(),
      };
    });
  },
};
