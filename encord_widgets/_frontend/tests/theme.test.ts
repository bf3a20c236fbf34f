import { afterEach, describe, expect, test } from "vitest";
import { detectTheme, followTheme } from "../src/shared/theme";

const { body, documentElement: html } = document;

function root(inside: Element | ShadowRoot = body): HTMLElement {
  const el = document.createElement("div");
  inside.append(el);
  return el;
}

afterEach(() => {
  body.innerHTML = "";
  for (const node of [body, html]) for (const { name } of [...node.attributes]) node.removeAttribute(name);
});

describe("theme of the host", () => {
  test.each<[string, Element, string, string, string]>([
    ["JupyterLab dark", body, "data-jp-theme-light", "false", "dark"],
    ["JupyterLab light", body, "data-jp-theme-light", "true", "light"],
    ["VS Code dark", body, "data-vscode-theme-kind", "vscode-dark", "dark"],
    ["VS Code high contrast", body, "data-vscode-theme-kind", "vscode-high-contrast", "dark"],
    ["VS Code light high contrast", body, "data-vscode-theme-kind", "vscode-high-contrast-light", "light"],
    ["Colab", html, "theme", "dark", "dark"],
    ["docs", html, "data-theme", "dark", "dark"],
    ["marimo", body, "class", "dark", "dark"],
  ])("%s", (_, node, name, value, theme) => {
    node.setAttribute(name, value);
    expect(detectTheme(root())).toBe(theme);
  });

  test("in a shadow root", () => {
    const host = root();
    host.className = "dark";
    const shadow = host.attachShadow({ mode: "open" });
    expect(detectTheme(root(shadow))).toBe("dark");
  });

  test("follows a change, writes to our root only, and stops", async () => {
    body.setAttribute("data-jp-theme-light", "true");
    const el = root();
    const stop = followTheme(el);
    expect([el.dataset.theme, el.dataset.host, el.style.colorScheme]).toEqual(["light", "jupyter", "light"]);
    body.setAttribute("data-jp-theme-light", "false");
    await Promise.resolve();
    expect([el.dataset.theme, el.style.colorScheme]).toEqual(["dark", "dark"]);
    stop();
    body.setAttribute("data-jp-theme-light", "true");
    await Promise.resolve();
    expect(el.dataset.theme).toBe("dark");
    expect(html.getAttributeNames()).toEqual([]);
  });
});
