// Which theme the host shows. Written to our own root only; the host's elements are read, never changed.

export type Theme = "light" | "dark";

/** Ancestors of `el`, through shadow roots, up to <html>. */
function* ancestors(el: Element): Generator<Element> {
  let node: Node | null = el;
  while (node) {
    if (node instanceof Element) yield node;
    node = node.parentNode ?? (node instanceof ShadowRoot ? node.host : null);
  }
}

function vscodeKind(el: Element): string | null {
  const own = el.ownerDocument.body?.getAttribute("data-vscode-theme-kind");
  if (own) return own;
  let view: Window | null = el.ownerDocument.defaultView;
  try {
    while (view && view.parent !== view) {
      view = view.parent;
      const kind = view.document.body?.getAttribute("data-vscode-theme-kind");
      if (kind) return kind;
    }
  } catch {
    // A parent frame of another origin cannot be read; the other signs decide.
  }
  return null;
}

export function detectTheme(el: Element): Theme {
  const vscode = vscodeKind(el);
  if (vscode) return vscode.includes("dark") || vscode === "vscode-high-contrast" ? "dark" : "light";
  const jupyter = el.ownerDocument.body?.getAttribute("data-jp-theme-light");
  if (jupyter) return jupyter === "false" ? "dark" : "light";
  for (const node of ancestors(el.parentNode instanceof Element ? el.parentNode : el)) {
    const named = node.getAttribute("theme") ?? node.getAttribute("data-theme");
    if (named === "dark" || named === "light") return named;
    if (node.classList.contains("dark")) return "dark";
    if (node.classList.contains("light")) return "light";
  }
  return el.ownerDocument.defaultView?.matchMedia?.("(prefers-color-scheme: dark)").matches
    ? "dark"
    : "light";
}

/** Keeps `data-theme` and `color-scheme` of `root` in step with the host. Returns the function that stops it. */
export function followTheme(root: HTMLElement): () => void {
  const apply = (): void => {
    const theme = detectTheme(root);
    if (root.dataset.theme !== theme) root.dataset.theme = theme;
    // Only JupyterLab's --jp-* colours follow its theme; other hosts load the light ones always.
    const host = root.ownerDocument.body?.hasAttribute("data-jp-theme-light") ? "jupyter" : "other";
    if (root.dataset.host !== host) root.dataset.host = host;
    if (root.style.colorScheme !== theme) root.style.colorScheme = theme;
  };
  apply();
  const doc = root.ownerDocument;
  const observer = new MutationObserver(apply);
  const attributeFilter = ["class", "theme", "data-theme", "data-jp-theme-light", "data-vscode-theme-kind"];
  const watched = new Set<Element>([doc.documentElement, ...(doc.body ? [doc.body] : [])]);
  for (const node of ancestors(root)) if (node !== root) watched.add(node);
  for (const node of watched) observer.observe(node, { attributes: true, attributeFilter });
  const query = doc.defaultView?.matchMedia?.("(prefers-color-scheme: dark)");
  query?.addEventListener("change", apply);
  // The element is often rendered before it is put into the page: look once more when it is.
  const frame = requestAnimationFrame(apply);
  return () => {
    observer.disconnect();
    query?.removeEventListener("change", apply);
    cancelAnimationFrame(frame);
  };
}
