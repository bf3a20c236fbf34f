"""What every test stands on: no account, no settings and no folders of the person who runs it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

# What is started in the background of a shell ignores SIGINT, and so would the tests of Kernel > Interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling

    from tests.cache_world import CacheWorld

# A slow machine is no failure: no example has a deadline. HYPOTHESIS_PROFILE=thorough looks further than every run can.
settings.register_profile(
    "usual", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=40
)
settings.register_profile("thorough", settings.get_profile("usual"), max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))

# The tests must not reach an account, nor read the Jupyter settings of whoever runs them.
_FOREIGN = ("ENCORD_SSH_KEY", "ENCORD_SSH_KEY_FILE", "JUPYTER_PATH", "JUPYTER_CONFIG_PATH", "PYTHONSTARTUP")
_FOLDERS = (
    "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "XDG_STATE_HOME", "XDG_CACHE_HOME",
)  # fmt: skip


# What is dear to set up is set up once: one worker has the browser, one builds the wheel; all else goes to any of them.
_TOGETHER = ("tests/e2e/", "tests/test_packaging.py")


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist nobody asks
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return next((group for group in _TOGETHER if nodeid.startswith(group)), nodeid)

    return Scheduling(config, log)


@pytest.fixture(scope="session", autouse=True)
def _own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give the test run folders of its own, for itself and for every process that it starts."""
    with pytest.MonkeyPatch.context() as patch:
        for name in _FOREIGN:
            patch.delenv(name, raising=False)
        for name in _FOLDERS:
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        # Loopback servers are reached directly even where a proxy is configured.
        direct = [part for part in os.environ.get("NO_PROXY", "").split(",") if part]
        patch.setenv("NO_PROXY", ",".join([*direct, "127.0.0.1", "localhost"]))
        yield


@pytest.fixture
def cache_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CacheWorld]:
    """One server with one folder that kernels open one after the other, with a cache and a journal of their own."""
    from tests.cache_world import cache_world

    monkeypatch.setenv("ENCORD_WIDGETS_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("ENCORD_WIDGETS_CACHE", str(tmp_path / "cache"))
    with cache_world() as world:
        yield world
