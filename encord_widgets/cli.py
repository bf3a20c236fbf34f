"""The command `encord-widgets`."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from shutil import copyfile

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
        description="Serve the embedded Encord: Encord's storage API over sample data, for this machine only."
        " Prints how to connect. Stop it with Ctrl+C.",
    )
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    serve.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one)")
    serve.add_argument(
        "--database", type=Path, metavar="FILE", help="keep the data in FILE (default: forget it)"
    )
    serve.add_argument(
        "--items", type=int, default=500, metavar="N", help="items of a new database (default: 500)"
    )
    serve.add_argument(
        "--latency-ms", type=float, default=0, metavar="MS", help="hold every answer back (default: 0)"
    )
    serve.add_argument(
        "--faults",
        default="",
        metavar="TEXT",
        help="let requests go wrong, such as 503=0.1,reset_after=0.05,rival=0.2,seed=4 (default: none)",
    )
    serve.add_argument(
        "--json", action="store_true", help="print one line of JSON once it is ready, for scripts"
    )
    serve.set_defaults(run=_serve)

    demo = commands.add_parser(
        "demo",
        help="open the tutorial in JupyterLab",
        description=f"Open the tutorial {_NOTEBOOK} in JupyterLab. It works with sample data and needs no account.",
    )
    demo.add_argument(
        "--no-browser", action="store_true", help="print the address instead of opening a browser"
    )
    demo.add_argument("--port", type=int, help="port of JupyterLab (default: 8888 or the next free one)")
    demo.add_argument(
        "--directory",
        type=Path,
        default=Path(),
        help="where the notebook is kept (default: the current directory)",
    )
    demo.add_argument(
        "--allow-root", action="store_true", help="let JupyterLab run as root, as in a container"
    )
    demo.set_defaults(run=_demo)
    return parser


def _serve(arguments: argparse.Namespace) -> int:
    # Imported here: the other commands need no server.
    from encord_widgets.local.serving import serve

    return serve(
        host=arguments.host,
        port=arguments.port,
        database=arguments.database,
        items=arguments.items,
        latency_ms=arguments.latency_ms,
        faults=arguments.faults,
        as_json=arguments.json,
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
    if arguments.allow_root:
        command.append("--allow-root")
    process = subprocess.Popen(command)  # noqa: S603 (our own interpreter and arguments)
    previous = signal.signal(signal.SIGTERM, lambda _signal, _frame: process.terminate())
    try:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue  # JupyterLab got the same Ctrl+C and asks its own question
    finally:
        signal.signal(signal.SIGTERM, previous)


def _packaged_notebook() -> Path:
    """The tutorial, in the installed package or in the source tree."""
    package = Path(__file__).parent
    for folder in (package / "notebooks", package.parent / "notebooks"):
        if (folder / _NOTEBOOK).is_file():
            return folder / _NOTEBOOK
    raise ValueError(f"The tutorial {_NOTEBOOK} is not part of this installation. Reinstall encord-widgets.")
