import { mount, type ViewProps } from "../shared/mount";
import { HygieneController } from "./controller";
import { HygieneWidget } from "./hygiene";

export default {
  render(props: ViewProps): () => void {
    return mount(props, "hygiene", ["summary", "by_key", "error"], (context) => {
      const controller = new HygieneController(context);
      return {
        draw: () => <HygieneWidget controller={controller} model={context.model} client={context.client} />,
        changed: () => controller.changed(),
        close: () => controller.close(),
      };
    });
  },
};
