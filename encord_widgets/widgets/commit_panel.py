"""`CommitPanel`: sends the staged edits, shows how far it is, and what came of each."""

from __future__ import annotations

from concurrent.futures import CancelledError
from typing import Any, ClassVar, Final

import traitlets
from psygnal import SignalInstance

from encord_widgets.commit.options import CommitProgress
from encord_widgets.commit.receipt import Receipt
from encord_widgets.commit.run import CommitRun
from encord_widgets.errors import EncordWidgetsError
from encord_widgets.item_set import ItemSet
from encord_widgets.widgets._base import EncordWidget, check_items, refuse_unknown
from encord_widgets.widgets._fallback import ROWS_SHOWN, display_text, headline, static_html
from encord_widgets.widgets._requests import Answer, Handler, Later, Params
from encord_widgets.widgets.staged_rows import staged_counts

__all__ = ["CommitPanel"]

_OPEN_SHOWN: Final = 50
_TALLIED: Final = {
    "verified": "verified",
    "already": "already",
    "conflict": "conflicts",
    "refused": "refused",
    "failed": "failed",
    "differs": "differs",
}


class CommitPanel(EncordWidget):
    """Commits the staged edits of an item set: read, merge, write, read back, by bundles, in the background.

    It says before what a commit will do, while it runs how far it is, with a way to stop after the bundles in
    flight, and afterwards what was proved and what is left open, by name. `items.receipt` holds all of it.

    Args:
        items: The items.
        common: `layout`, `tooltip` and `tabbable` of ipywidgets.

    Raises:
        TypeError: For any other keyword argument.

    Example:
        >>> import encord_widgets as ew
        >>> with ew.demo(items=20) as client:
        ...     items = client.folder(client.folders()[0].uuid).wait()
        ...     _ = items.stage({items.uuids[0]: {"weather": "fog"}})
        ...     with ew.CommitPanel(items) as panel:
        ...         panel.summary["changes"], panel.outcome
        (1, None)
    """

    _bundle: ClassVar[str] = "commit_panel"

    summary: traitlets.Dict[str, Any] = traitlets.Dict(
        help="What a commit would do: changes, items, invalid edits, removed keys, bundles."
    ).tag(sync=True)
    progress: traitlets.Dict[str, Any] = traitlets.Dict(
        default_value=None,
        allow_none=True,
        help="How far the commit under way is: phase, items, bundles and verdicts so far; null when there is none.",
    ).tag(sync=True)
    outcome: traitlets.Dict[str, Any] = traitlets.Dict(
        default_value=None,
        allow_none=True,
        help="What the last commit did: ok, counts by status, seconds, a sentence, and the first 50 rows left open.",
    ).tag(sync=True)

    def __init__(self, items: ItemSet, **common: Any) -> None:
        refuse_unknown(type(self), common)
        run = check_items(items, "CommitPanel").committing
        self._progress: CommitProgress | None = run.progress if run else None
        self._watched: CommitRun | None = None
        super().__init__(items, **common)
        self._watch(run)

    def _signals(self) -> tuple[SignalInstance, ...]:
        events = self.items.events
        return (events.changes, events.progress, events.receipt, events.schema)

    def _on_event(self, *payload: object) -> None:
        if payload:  # progress, or a receipt: the end of it
            self._progress = payload[0] if isinstance(payload[0], CommitProgress) else None
        super()._on_event()

    def _state(self) -> dict[str, Any]:
        progress, receipt = self._progress, self.items.receipt
        self._watch(self.items.committing)
        return {
            "summary": staged_counts(self.items),
            "progress": _progress(progress) if progress is not None else None,
            "outcome": _outcome(receipt) if receipt is not None and progress is None else None,
        }

    def _watch(self, run: CommitRun | None) -> None:
        """See to it that a run that breaks off, wherever it was started, is not shown as running for ever."""
        # A run's first events come before the item set names it, and a run that fails ends without an event.
        if run is None or run is self._watched:
            return
        self._watched = run

        def wait() -> None:
            fault: Exception | None = None
            try:
                run.result()
            except CancelledError:
                fault = EncordWidgetsError("the client was closed")
            except Exception as error:  # noqa: BLE001 - shown in the panel, whatever it is
                fault = error
            if self._watched is run:
                self._progress = None
            if fault is not None:
                self._show_error(fault, "The commit broke off")
            self._publish_safely()

        self._workers().submit(wait)

    def _handlers(self) -> dict[str, Handler]:
        return {"commit": self._commit, "cancel": self._cancel}

    def _commit(self, _: Params) -> Later:
        def work() -> Answer:
            if not self.items.changes:
                raise EncordWidgetsError("Nothing is staged: edit a cell first.")
            run = self.items.start_commit()
            self._progress = run.progress
            self._watch(run)
            self._publish()
            return Answer()

        return Later(work)

    def _cancel(self, _: Params) -> Answer:
        run = self.items.committing
        if run is not None:
            run.cancel()
        return Answer({"running": run is not None})

    def _static_html(self) -> str:
        receipt = self.items.receipt
        if receipt is None:
            return static_html(headline(self.items), [], [])
        still = receipt.open
        rows = [[r.name, r.key, display_text(r.wanted), r.status, r.note] for r in still[:ROWS_SHOWN]]
        header = ["item", "key", "wanted", "status", "why"]
        return static_html(
            f"{headline(self.items)}. {receipt.sentence}", header, rows, len(still) - len(rows)
        )


def _progress(progress: CommitProgress) -> dict[str, Any]:
    return {
        "phase": progress.phase,
        "items_total": progress.items_total,
        "items_done": progress.items_done,
        "bundles_total": progress.bundles_total,
        "bundles_done": progress.bundles_done,
        "running": True,
        **{name: progress.counts.get(status, 0) for status, name in _TALLIED.items()},
    }


def _outcome(receipt: Receipt) -> dict[str, Any]:
    still = receipt.open
    return {
        "ok": bool(receipt),
        "counts": receipt.counts,
        "seconds": receipt.seconds,
        "text": _sentence(receipt, len(still)),
        "open": [
            {"item": r.item, "name": r.name, "key": r.key, "status": r.status, "note": r.note or None}
            for r in still[:_OPEN_SHOWN]
        ],
    }


def _sentence(receipt: Receipt, still: int) -> str:
    edits = len(receipt)
    if not edits:
        return "There was nothing to commit."
    whole = f"{edits:,} {'edit' if edits == 1 else 'edits'}"
    if not still:
        return f"{'The edit is' if edits == 1 else f'All {whole} are'} on Encord and read back as wanted."
    return f"{still:,} of {whole} {'is' if still == 1 else 'are'} left open; the others read back as wanted."
