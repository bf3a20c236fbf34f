"""The command `encord-widgets`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

    from encord_widgets.local import EmbeddedEncord

__all__ = ["main"]

_NOTEBOOK = "01_first_edit.ipynb"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: Arguments without the program's name; None takes those of the process.

    Returns:
        Exit status: 0 when all went well, 1 when the command could not do its work, 2 for wrong arguments.

    Example:
        >>> main(["serve", "--items", "-1"])
        1
    """
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
    except (OSError, ValueError) as error:
        print(f"encord-widgets: {error}", file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="encord-widgets", description="Curate custom metadata of Encord items: demo and embedded server."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser(
        "serve",
        help="serve the embedded Encord with sample data on this machine",
        description="Serve the embedded Encord: Encord's storage API over sample data, for this machine only. Prints how to"
        " connect. Stop it with Ctrl+C.",
    )
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    serve.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one)")
    serve.add_argument("--database", type=Path, metavar="FILE", help="keep the data in FILE (default: forget it)")
    serve.add_argument("--items", type=int, default=500, metavar="N", help="items of a new database (default: 500)")
    serve.add_argument(
        "--latency-ms", type=float, default=0, metavar="MS", help="hold every answer back (default: 0)"
    )
    serve.add_argument("--json", action="store_true", help="print one line of JSON once it is ready, for scripts")
    serve.set_defaults(run=_serve)

    demo = commands.add_parser(
        "demo",
        help="open the tutorial in JupyterLab",
        description=f"Open the tutorial {_NOTEBOOK} in JupyterLab. It works with sample data and needs no account.",
    )
    demo.add_argument("--no-browser", action="store_true", help="print the address instead of opening a browser")
    demo.add_argument("--port", type=int, help="port of JupyterLab (default: 8888 or the next free one)")
    demo.add_argument(
        "--directory", type=Path, default=Path(), help="where the notebook is kept (default: the current directory)"
    )
    demo.set_defaults(run=_demo)
    return parser


def _serve(arguments: argparse.Namespace) -> int:
    # Both signals end in the same clean-up, also before and after uvicorn handles them.
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        with ExitStack() as stack:
            _serve_until_stopped(arguments, stack)
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, previous)
    return 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _serve_until_stopped(arguments: argparse.Namespace, stack: ExitStack) -> None:
    import uvicorn

    from encord_widgets.local import EmbeddedEncord

    listener = stack.enter_context(_listening(arguments.host, arguments.port))
    encord = stack.enter_context(
        EmbeddedEncord(arguments.database, items=arguments.items, latency_ms=arguments.latency_ms)
    )
    key_file = stack.enter_context(_key_file(encord, arguments.database))
    host, port = listener.getsockname()[:2]
    domain = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                _announce(encord, domain, key_file, as_json=arguments.json)

    config = uvicorn.Config(
        encord.app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=2,
        timeout_keep_alive=30,
    )
    Server(config).run(sockets=[listener])


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise OSError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
        yield listener


@contextmanager
def _key_file(encord: EmbeddedEncord, database: Path | None) -> Iterator[Path]:
    """A private key that the server lets in: beside the database when there is one, else in a temporary folder.

    A key file that is already beside the database is used and left there.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    with ExitStack() as stack:
        if database is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="encord-widgets-"))
            path = Path(folder) / "id_ed25519"
        else:
            path = database.with_name(f"{database.name}.key").absolute()
        if path.exists():
            key = serialization.load_ssh_private_key(path.read_bytes(), password=None)
            if not isinstance(key, Ed25519PrivateKey):
                raise ValueError(f"{path} is no Ed25519 key. Move it away; a new one is made then.")
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


def _announce(encord: EmbeddedEncord, domain: str, key_file: Path, *, as_json: bool) -> None:
    folders = [
        {"uuid": folder.uuid, "name": folder.name, "items": count} for folder, count in encord.store.list_folders()
    ]
    if as_json:
        answer = {"domain": domain, "ssh_private_key_path": str(key_file), "folders": folders}
        print(json.dumps(answer), flush=True)
        return
    print(f"Embedded Encord at {domain}. Stop it with Ctrl+C.\n")
    for folder in folders:
        print(f"  {folder['uuid']}  {folder['items']:>7} items  {folder['name']}")
    options = f'ssh_private_key_path="{key_file}", domain="{domain}"'
    print("\nConnect with encord_widgets:")
    print(f"  import encord_widgets as ew; client = ew.connect({options})")
    print("or with the official SDK:")
    print(
        "  from encord import EncordUserClient; "
        f"client = EncordUserClient.create_with_ssh_private_key({options})",
        flush=True,
    )


def _demo(arguments: argparse.Namespace) -> int:
    if find_spec("jupyterlab") is None:
        raise ValueError('JupyterLab is not installed. Install it with: pip install "encord-widgets[demo]"')
    directory: Path = arguments.directory
    directory.mkdir(parents=True, exist_ok=True)
    notebook = directory / _NOTEBOOK
    if not notebook.exists():
        copyfile(_packaged_notebook(), notebook)
    command = [sys.executable, "-m", "jupyterlab", str(notebook)]
    if arguments.no_browser:
        command.append("--no-browser")
    if arguments.port is not None:
        command.append(f"--port={arguments.port}")
    process = subprocess.Popen(command)  # noqa: S603 (our own interpreter and arguments)
    try:
        return process.wait()
    except KeyboardInterrupt:
        # JupyterLab got the same Ctrl+C and asks its own question.
        return process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def _packaged_notebook() -> Path:
    """The tutorial, in the installed package or in the source tree."""
    package = Path(__file__).parent
    for folder in (package / "notebooks", package.parent / "notebooks"):
        if (folder / _NOTEBOOK).is_file():
            return folder / _NOTEBOOK
    raise ValueError(f"The tutorial {_NOTEBOOK} is not part of this installation. Reinstall encord-widgets.")
