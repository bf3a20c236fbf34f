// All that is fetched when the grid is first touched.
export { Dialogs } from "./dialogs";
export { copyMany } from "./many";
export { MomentPicker } from "./moment";
export { paste } from "./paste";
