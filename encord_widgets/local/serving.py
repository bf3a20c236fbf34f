"""The embedded Encord on a port of this machine, with a key to get in."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from encord_widgets.local.embedded import EmbeddedEncord
from encord_widgets.local.faults import Faults
from encord_widgets.local.protocol import CuttableProtocol

__all__ = ["serve"]


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    database: Path | None = None,
    items: int = 500,
    latency_ms: float = 0,
    index_delay: float = 1,
    faults: Faults | str | None = None,
    as_json: bool = False,
) -> int:
    """Serve until a signal says stop, then clean up; call it in the main thread.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        database: As `EmbeddedEncord` takes it.
        items: As `EmbeddedEncord` takes it.
        latency_ms: As `EmbeddedEncord` takes it.
        index_delay: As `EmbeddedEncord` takes it.
        faults: As `EmbeddedEncord` takes them.
        as_json: Say how to connect in one line of JSON instead of text.

    Returns:
        0.

    Raises:
        OSError: The address is taken or not this machine's.
        ValueError: As `EmbeddedEncord` raises it, or the key file beside the database is of another kind.
    """
    # Both signals end in the same clean-up, also before and after uvicorn handles them.
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        with ExitStack() as stack:
            listener = stack.enter_context(_listening(host, port))
            encord = stack.enter_context(
                EmbeddedEncord(
                    database, items=items, latency_ms=latency_ms, index_delay=index_delay, faults=faults
                )
            )
            key_file = stack.enter_context(_key_file(encord, database))
            address, port = listener.getsockname()[:2]
            domain = f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"
            _Server(encord, domain, key_file, as_json=as_json).run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, previous)
    return 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


class _Server(uvicorn.Server):
    """Says how to connect once it answers."""

    def __init__(self, encord: EmbeddedEncord, domain: str, key_file: Path, *, as_json: bool) -> None:
        config = uvicorn.Config(
            encord.app,
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=2,
            timeout_keep_alive=30,
            # Only a server that cuts connections needs more than uvicorn's own protocol.
            http="auto" if encord.faults is None else CuttableProtocol,
        )
        super().__init__(config)
        self._announcement = (_json_line if as_json else _text)(encord, domain, key_file)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(self._announcement)
            sys.stdout.flush()


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio switches Nagle's algorithm off; without, every small answer takes 40 ms.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except (OSError, OverflowError) as error:  # the second for a port that is none
            reason = getattr(error, "strerror", None) or error
            raise OSError(f"cannot listen on {host}:{port}: {reason}") from error
        yield listener


@contextmanager
def _key_file(encord: EmbeddedEncord, database: Path | None) -> Iterator[Path]:
    """A private key that the server lets in: beside the database when there is one, else in a temporary folder.

    A key file that is already beside the database is used and left there.
    """
    with ExitStack() as stack:
        if database is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="encord-widgets-"))
            path = Path(folder) / "id_ed25519"
        else:
            path = database.with_name(f"{database.name}.key").absolute()
        if path.exists():
            key = _read_key(path)
        else:
            key = Ed25519PrivateKey.generate()
            text = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
            )
            # Created with its mode, so that it is never readable for others.
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(text)
            stack.callback(path.unlink, missing_ok=True)
            stack.callback(encord.remove_key, key.public_key().public_bytes_raw().hex())
        encord.register_key(key.public_key().public_bytes_raw().hex())
        yield path


def _read_key(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_ssh_private_key(path.read_bytes(), password=None)
    except ValueError as error:
        raise ValueError(f"{path} is no private key. Move it away; a new one is made then.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} is no Ed25519 key. Move it away; a new one is made then.")
    return key


def _json_line(encord: EmbeddedEncord, domain: str, key_file: Path) -> str:
    folders = [
        {"uuid": folder.uuid, "name": folder.name, "items": count}
        for folder, count in encord.store.list_folders()
    ]
    return json.dumps({"domain": domain, "ssh_private_key_path": str(key_file), "folders": folders}) + "\n"


def _text(encord: EmbeddedEncord, domain: str, key_file: Path) -> str:
    options = f"ssh_private_key_path={str(key_file)!r}, domain={domain!r}"
    lines = [f"Embedded Encord at {domain}. Stop it with Ctrl+C.", ""]
    if encord.faults is not None:
        lines[1:1] = [f"On purpose it goes wrong: {encord.faults}"]
    lines += [
        f"  {folder.uuid}  {count:>7} items  {folder.name}" for folder, count in encord.store.list_folders()
    ]
    lines += [
        "",
        "Connect with encord_widgets:",
        f"  import encord_widgets as ew; client = ew.connect({options})",
        "or with the official SDK:",
        f"  from encord import EncordUserClient; client = EncordUserClient.create_with_ssh_private_key({options})",
    ]
    return "\n".join(lines) + "\n"
