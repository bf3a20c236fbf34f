"""Whether texts can be read: their contrast with what is behind them, as WCAG measures it."""

from __future__ import annotations

from playwright.sync_api import Locator

__all__ = ["assert_readable"]

_LEAST = 4.5  # WCAG 2.2, AA

_CONTRASTS = """root => {
    const channels = text => {
        const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = text;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = ([r, g, b, a], below) =>
        [r, g, b].map((channel, i) => channel * a + below[i] * (1 - a));
    const luminance = rgb => {
        const [r, g, b] = rgb.map(c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const found = [];
    for (const element of root.querySelectorAll("*")) {
        const own = [...element.childNodes].filter(n => n.nodeType === 3 && n.data.trim()).map(n => n.data.trim());
        if (own.length === 0 || !element.checkVisibility() || element.closest(".ecw-sr, :disabled")) continue;
        const layers = [];
        for (let node = element; node; node = node.parentElement) {
            if (node.classList.contains("is-selected"))
                layers.push(channels(getComputedStyle(node, "::after").backgroundColor));
            layers.push(channels(getComputedStyle(node).backgroundColor));
        }
        const back = layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
        const front = over(channels(getComputedStyle(element).color), back);
        const [light, dark] = [luminance(front), luminance(back)].sort((a, b) => b - a);
        found.push([(light + 0.05) / (dark + 0.05), `${element.className}: ${own.join(" ").slice(0, 40)}`]);
    }
    return found;
}"""


def assert_readable(part: Locator, *, texts: int = 1) -> int:
    """Every text of a part of the page can be read.

    Args:
        part: The part.
        texts: How many there are at least, so that nothing is called readable because nothing is there.

    Returns:
        How many there are.
    """
    measured = part.evaluate(_CONTRASTS)
    assert len(measured) >= texts
    assert [(text, round(ratio, 2)) for ratio, text in measured if ratio < _LEAST] == []
    return len(measured)
