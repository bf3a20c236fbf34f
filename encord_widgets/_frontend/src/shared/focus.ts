// A control that goes away or off takes the focus with it to the page, where the next key would be the host's.

function isOn(element: HTMLElement): boolean {
  return element.isConnected && !element.matches(":disabled");
}

/** Draws by `draw`; the focus of a control that was pressed and is on no more stays with the part that held it. */
export function focusKeeper(root: HTMLElement, draw: () => void): () => void {
  const page = root.ownerDocument;
  let pressed: Element | null = null;
  /** A control that was off for a request only gets the focus back. */
  let kept: { from: HTMLElement; at: HTMLElement } | null = null;
  const press = (): void => {
    pressed = page.activeElement;
    kept = null;
  };
  for (const event of ["keydown", "click"]) root.addEventListener(event, press, { capture: true });

  return () => {
    const had = (page.activeElement ?? page.body) as HTMLElement;
    const around: HTMLElement[] = [];
    // The grid sees to its own cells and their editors.
    if (!had.closest("[role=grid]"))
      for (let part = had.parentElement; part && root.contains(part); part = part.parentElement)
        around.push(part);
    draw();
    const now = page.activeElement;
    if (kept && isOn(kept.from)) {
      if (now === kept.at) kept.from.focus();
      kept = null;
    } else if ((now === had || now === page.body) && !isOn(had) && (had === pressed || had === kept?.at)) {
      // No other control: the next press would be of a button that nobody chose. Tab goes on from here.
      const at = around.find((part) => part.isConnected);
      if (!at) return;
      at.tabIndex = -1;
      at.focus();
      kept = { from: kept?.from ?? had, at };
    }
  };
}
