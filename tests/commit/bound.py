"""The fake Encord behind the one call that rechecks and undos need, and commits through it."""

from __future__ import annotations

import anyio

from encord_widgets.commit.engine import commit_plan
from encord_widgets.commit.options import CommitOptions, NoLog
from encord_widgets.metadata.plan import Plan
from tests.commit.fake_encord import Api


class FakeClient:
    """Reads and commits like a client."""

    title = "https://fake.encord.test"

    def __init__(self, encord) -> None:
        self.encord = encord
        self.asked = []

    def read(self, uuids):
        self.asked.append(list(uuids))
        return anyio.run(self.encord.items_now, uuids)

    def apply(self, plan, **options):
        if not isinstance(plan, Plan):
            plan = Plan.of(plan, {})

        async def work():
            return await commit_plan(
                Api(self.encord),
                plan,
                CommitOptions(**options),
                stop=anyio.Event(),
                on_progress=lambda _: None,
                on_observed=lambda _: None,
                log=NoLog(),
            )

        receipt = anyio.run(work)
        receipt.bind(self)
        return receipt
