"""`CommitPanel`: sends the staged edits, shows how far it is, and what came of each."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any, ClassVar, Final, cast

import traitlets
from psygnal import SignalInstance

from encord_widgets.commit.options import CommitOptions, CommitProgress
from encord_widgets.commit.run import CommitRun
from encord_widgets.errors import EncordWidgetsError
from encord_widgets.item_load import LoadProgress
from encord_widgets.item_set import ItemSet
from encord_widgets.metadata.merge import OnConflict
from encord_widgets.widgets._base import EncordWidget, check_items, refuse_unknown
from encord_widgets.widgets._fallback import ROWS_SHOWN, headline, quoted_text, static_html
from encord_widgets.widgets._requests import (
    Answer,
    BadRequestError,
    Handler,
    Later,
    Params,
    StaleError,
)
from encord_widgets.widgets._throttle import Throttle
from encord_widgets.widgets.commit_facts import CommitCounts, outcome_to_wire
from encord_widgets.widgets.left_over import LeftOver

__all__ = ["CommitPanel"]

_LOOK_EVERY: Final = 1.0
_POLICIES: Final = ("report", "ours", "theirs")
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

    Edits that an earlier kernel staged on the same items and did not commit are offered to restore, to review or to
    discard, and a commit that was cut off to resume. A commit that destroys values by overwrite goes only when their
    number is typed in.

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
        help="What a commit would do: changes, items, invalid edits, removed keys, destroyed values, bundles; "
        "conflicts that the last one left, and the counts of the rest as clear."
    ).tag(sync=True)
    progress: traitlets.Dict[str, Any] = traitlets.Dict(
        default_value=None,
        allow_none=True,
        help="How far the commit under way is: phase, items, bundles and verdicts so far, and what is being asked "
        "again; null when there is none.",
    ).tag(sync=True)
    outcome: traitlets.Dict[str, Any] = traitlets.Dict(
        default_value=None,
        allow_none=True,
        help="What the last commit did: ok, counts by status, seconds, a sentence, the first 50 rows left open, and "
        "what several of them have in common.",
    ).tag(sync=True)
    left_over: traitlets.List[dict[str, Any]] = traitlets.List(
        help="What other sessions left on the same items: edits (count, items, at, alive, here) and the commit cut off."
    ).tag(sync=True)
    notice: traitlets.Unicode[str, str | bytes] = traitlets.Unicode(
        help="Why staged edits are kept in memory only; empty while they are written down."
    ).tag(sync=True)

    def __init__(self, items: ItemSet, **common: Any) -> None:
        refuse_unknown(type(self), common)
        run = check_items(items, "CommitPanel").committing
        self._progress: CommitProgress | None = run.progress if run else None
        self._watched: CommitRun | None = None
        self._proving = False
        self._canary: int | None = None
        self._resuming = False
        self._counts = CommitCounts(items)
        self._left = LeftOver(items)
        self._look_soon = Throttle(self._look_elsewhere, _LOOK_EVERY)
        super().__init__(items, **common)
        self._watch(run)

    def _signals(self) -> tuple[SignalInstance, ...]:
        events = self.items.events
        retrying = self.items.client.retrying
        return (events.loading, events.changes, events.progress, events.receipt, events.schema, retrying)

    def _on_event(self, *payload: object) -> None:
        if payload and isinstance(payload[0], CommitProgress):
            self._follow(payload[0])
        elif payload and isinstance(payload[0], LoadProgress):
            if not payload[0].finished:
                return
        elif not (payload and isinstance(payload[0], str)):  # edits, or a receipt: the end of a commit
            if payload:
                self._follow(None)
            self._look_soon()
        super()._on_event()

    def _follow(self, progress: CommitProgress | None) -> None:
        # The bundle that goes first tells its own phases, as all others do.
        if progress is None:
            self._proving, self._canary = False, None
        elif progress.phase == "canary" or progress.bundles_done:
            self._proving = progress.bundles_done == 0
        self._progress = progress

    def _state(self) -> dict[str, Any]:
        progress, receipt = self._progress, self.items.receipt
        self._watch(self.items.committing)
        return {
            "summary": self._counts.to_wire(),
            "progress": self._progress_wire(progress) if progress is not None else None,
            "outcome": outcome_to_wire(receipt) if receipt is not None and progress is None else None,
            "left_over": self._left.to_wire(),
            "notice": self.items.notice,
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
                self._follow(None)
            if fault is not None:
                self._show_error(fault, "The commit broke off")
            self._publish_safely()

        self._workers().submit(wait)

    def _handlers(self) -> dict[str, Handler]:
        return {
            "commit": self._commit,
            "cancel": self._cancel,
            "look": lambda _: self._then_look(dict),
            "review": lambda params: Later(lambda: Answer(self._left.review(params.text("session")))),
            "restore": self._restore,
            "discard": self._discard,
            "resume": self._resume,
        }

    def _commit(self, params: Params) -> Later:
        policy = params.text("on_conflict") if params.has("on_conflict") else "report"
        if policy not in _POLICIES:
            raise BadRequestError(f"the parameter 'on_conflict' must be one of {', '.join(_POLICIES)}.")
        typed = params.whole("destroy") if params.has("destroy") else 0

        def work() -> Answer:
            with self.items.lock:  # what is counted is what is committed
                if not self.items.changes:
                    raise EncordWidgetsError("Nothing is staged: edit a cell first.")
                destroyed = self.items.changes.implied
                if destroyed and typed != destroyed:
                    raise EncordWidgetsError(
                        f"This commit destroys {destroyed:,} {'value' if destroyed == 1 else 'values'} by overwrite. "
                        f"Type {destroyed} to go on, or drop those edits."
                    )
                options = CommitOptions(on_conflict=cast("OnConflict", policy), allow_destroy=destroyed > 0)
                run = self.items.start_commit(options)
            self._progress, self._canary = run.progress, options.canary
            self._watch(run)
            self._publish()
            return Answer()

        return Later(work)

    def _restore(self, params: Params) -> Later:
        session = params.text("session")
        return self._then_look(lambda: {"staged": len(self.items.restore(session))})

    def _discard(self, params: Params) -> Later:
        session = params.text("session")
        return self._then_look(lambda: {"dropped": self.items.discard(session)})

    def _resume(self, _: Params) -> Later:
        def resume() -> None:
            try:
                self._guarded(self.items.resume, "The commit could not be resumed")
            finally:
                self._resuming = False
                self._look()

        def work() -> Answer:
            with self._publishing:
                if self._resuming or self.items.committing is not None:
                    raise EncordWidgetsError(
                        "A commit of these items is under way. Wait for it, or stop it first."
                    )
                self._resuming, self._canary = True, CommitOptions().canary
            self._workers().submit(resume)
            return Answer()

        return Later(work)

    def _then_look(self, work: Callable[[], dict[str, Any]]) -> Later:
        """Do something with the journal, and answer once the page knows what it holds now."""

        def done() -> Answer:
            try:
                return Answer(work())
            finally:
                self._look()

        return Later(done)

    def _look(self) -> None:
        self._guarded(self._left.look, "The journal could not be read")
        self._publish_safely()

    def _look_elsewhere(self) -> None:
        with suppress(StaleError):  # closed meanwhile
            self._workers().submit(self._look)

    def _cancel(self, _: Params) -> Answer:
        run = self.items.committing
        if run is not None:
            run.cancel()
        return Answer({"running": run is not None})

    def _progress_wire(self, progress: CommitProgress) -> dict[str, Any]:
        proving = self._proving and progress.phase != "waiting"
        return {
            "phase": "canary" if proving else progress.phase,
            "canary": min(self._canary, progress.items_total) if self._canary else None,
            "items_total": progress.items_total,
            "items_done": progress.items_done,
            "bundles_total": progress.bundles_total,
            "bundles_done": progress.bundles_done,
            "running": True,
            "trouble": self.items.client.trouble or None,
            **{name: progress.counts.get(status, 0) for status, name in _TALLIED.items()},
        }

    def close(self) -> None:
        """Take the panel off the page and let go of the item set. Closing twice is fine."""
        if "_look_soon" in self.__dict__:
            self._look_soon.close()
        super().close()

    def _static_html(self) -> str:
        receipt = self.items.receipt
        if receipt is None:
            return static_html(headline(self.items), [], [])
        still = receipt.open
        rows = [[r.name, r.key, quoted_text(r.wanted), r.status, r.note] for r in still[:ROWS_SHOWN]]
        header = ["item", "key", "wanted", "status", "why"]
        return static_html(
            f"{headline(self.items)}. {receipt.sentence}", header, rows, len(still) - len(rows)
        )
