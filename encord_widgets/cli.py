"""The command `encord-widgets`."""

from __future__ import annotations

import argparse
import io
import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING, Final, NoReturn

from encord_widgets.errors import EncordWidgetsError
from encord_widgets.metadata.texts import by_key, counted, printable

if TYPE_CHECKING:
    from encord_widgets.client import Client

__all__ = ["main"]

_NOTEBOOK = "01_first_edit.ipynb"
_LEFT_OPEN: Final = 2  # as a plan command: there are changes, drift, or something left to do
_LISTED: Final = 50


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: Arguments without the program's name; None takes those of the process.

    Returns:
        Exit status: 0 when all went well, 1 when the command could not do its work, 2 when `apply` or `resume` left
        something open, `apply --dry-run` found something to do, or `verify` found drift.

    Example:
        >>> main(["serve", "--items", "-1"])
        1
    """
    arguments = _parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(
            stream, io.TextIOWrapper
        ):  # a name that the terminal cannot spell must not cost the outcome
            stream.reconfigure(errors="backslashreplace")
    try:
        status: int = arguments.run(arguments)
    except (EncordWidgetsError, OSError, ValueError) as error:
        print(f"encord-widgets: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("encord-widgets: stopped", file=sys.stderr)
        return 1
    return status


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """End with 1: argparse's 2 would say that something is left to do."""
        self.print_usage(sys.stderr)
        self.exit(1, f"{self.prog}: error: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="encord-widgets",
        description="Curate custom metadata of Encord items: commit plans and check them; demo and embedded server.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser(
        "serve",
        help="serve the embedded Encord with sample data on this machine",
        description="Serve the embedded Encord: Encord's storage and Index API over sample data, for this machine only."
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
        "--index-delay",
        type=float,
        default=1,
        metavar="S",
        help="seconds until a preset has filled a collection (default: 1)",
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
    _add_apply(commands)
    _add_resume(commands)
    _add_verify(commands)
    return parser


def _add_apply(commands: argparse._SubParsersAction[_Parser]) -> None:
    apply = commands.add_parser(
        "apply",
        help="commit a plan and prove it",
        description="Commit exactly what a plan says, and read it back. Ends with status 0 when nothing is left open,"
        " 2 when something is (with --dry-run: when there is something to do), 1 when it could not do its work.",
    )
    apply.add_argument("plan", type=Path, metavar="PLAN", help="plan to commit (.json or .parquet)")
    apply.add_argument(
        "--dry-run",
        action="store_true",
        help="write nothing; print what would be written, what has drifted and what would be destroyed",
    )
    apply.add_argument(
        "--on-conflict",
        choices=["report", "ours", "theirs"],
        default="report",
        help="what to do where somebody else changed a key since: report it and leave it (the default),"
        " write ours, or keep theirs",
    )
    apply.add_argument(
        "--allow-destroy",
        action="store_true",
        help="let an overwrite remove values that the plan does not name",
    )
    apply.add_argument(
        "--receipt", type=Path, metavar="FILE", help="keep the receipt in FILE (.json or .parquet)"
    )
    _add_connection(apply)
    apply.set_defaults(run=_apply)


def _add_resume(commands: argparse._SubParsersAction[_Parser]) -> None:
    resume = commands.add_parser(
        "resume",
        help="finish commits that were cut off",
        description="Finish the commits to this server, with this key, whose process ended before they did. Nothing is"
        " sent again that is there already. Ends with status 0 when nothing is left open, 2 when something is, 1 when"
        " it could not do its work.",
    )
    resume.add_argument("--list", action="store_true", help="only print them (status 2 when there are some)")
    _add_connection(resume)
    resume.set_defaults(run=_resume)


def _add_verify(commands: argparse._SubParsersAction[_Parser]) -> None:
    verify = commands.add_parser(
        "verify",
        help="check whether what a commit wrote is still there",
        description="Read the items of a receipt again and print what drifted since. Ends with status 0 when all is as"
        " it was written, 2 when something drifted, 1 when it could not do its work.",
    )
    verify.add_argument(
        "receipt", type=Path, metavar="RECEIPT", help="receipt of the commit (.json or .parquet)"
    )
    _add_connection(verify)
    verify.set_defaults(run=_verify)


def _add_connection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--domain",
        metavar="URL",
        help="server (default: https://api.encord.com; https://api.us.encord.com for the US)",
    )
    parser.add_argument(
        "--ssh-key",
        type=Path,
        metavar="FILE",
        help="private key to sign with (default: the file that ENCORD_SSH_KEY_FILE names, or the text in"
        " ENCORD_SSH_KEY)",
    )


def _serve(arguments: argparse.Namespace) -> int:
    # Imported here: the other commands need no server.
    from encord_widgets.local.serving import serve

    return serve(
        host=arguments.host,
        port=arguments.port,
        database=arguments.database,
        items=arguments.items,
        latency_ms=arguments.latency_ms,
        index_delay=arguments.index_delay,
        faults=arguments.faults,
        as_json=arguments.json,
    )


def _demo(arguments: argparse.Namespace) -> int:
    if find_spec("jupyterlab") is None:
        raise ValueError('JupyterLab is not installed. Install it with: pip install "encord-widgets[demo]"')
    directory: Path = arguments.directory
    directory.mkdir(parents=True, exist_ok=True)
    for tutorial in _packaged_notebooks():
        if not (directory / tutorial.name).exists():
            copyfile(tutorial, directory / tutorial.name)
    notebook = directory / _NOTEBOOK
    # The address that JupyterLab prints leads to the tutorial, also where no browser is opened.
    start = f"--LabApp.default_url=/lab/tree/{notebook.name}"
    command = [sys.executable, "-m", "jupyterlab", str(notebook), start]
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


def _packaged_notebooks() -> list[Path]:
    """The tutorials, in the installed package or in the source tree."""
    package = Path(__file__).parent
    for folder in (package / "notebooks", package.parent / "notebooks"):
        if (folder / _NOTEBOOK).is_file():
            return sorted(folder.glob("*.ipynb"))
    raise ValueError(f"The tutorial {_NOTEBOOK} is not part of this installation. Reinstall encord-widgets.")


def _connect(arguments: argparse.Namespace) -> Client:
    # Imported here: the other commands need no client.
    from encord_widgets.connections import connect

    return connect(ssh_private_key_path=arguments.ssh_key, domain=arguments.domain)


def _apply(arguments: argparse.Namespace) -> int:
    from encord_widgets.metadata.files import check_writable
    from encord_widgets.metadata.plan import Plan

    plan = Plan.load(arguments.plan)
    unnamed = [change.key for change in plan.destroys if change.implied]
    if unnamed and not arguments.allow_destroy and not arguments.dry_run:
        raise EncordWidgetsError(
            f"An overwrite in this plan removes {counted(len(unnamed), 'value')} that nobody named ({by_key(unnamed)});"
            " look at them with --dry-run, and add --allow-destroy to let them go."
        )
    if arguments.receipt is not None:
        check_writable(arguments.receipt)  # before anything is written that the receipt is to prove
    print(f"Plan {arguments.plan.name}: {plan.sentence}", flush=True)
    with _connect(arguments) as client:
        if arguments.dry_run:
            found = client.dry_run(plan, on_conflict=arguments.on_conflict)
            print(found.text(_LISTED))
            if not arguments.allow_destroy and any(row.destroys and row.change.implied for row in found.rows):
                print("To commit it, add --allow-destroy.")
            return 0 if found else _LEFT_OPEN
        receipt = client.apply(plan, on_conflict=arguments.on_conflict, allow_destroy=arguments.allow_destroy)
    try:
        if arguments.receipt is not None:
            receipt.save(arguments.receipt)
    finally:  # a full disk must not cost the outcome
        print(receipt.text(_LISTED), flush=True)
    if arguments.receipt is not None:
        print(f"Receipt: {arguments.receipt}")
    return 0 if receipt else _LEFT_OPEN


def _resume(arguments: argparse.Namespace) -> int:
    with _connect(arguments) as client:
        cut_off = client.cut_off()
        for commit in cut_off:
            when, title = f"{commit.at:%Y-%m-%d %H:%M:%S %Z}", printable(commit.source.title)
            print(f"Commit of {when} ({title}): {commit.left:,} of {commit.total:,} changes left")
        if not cut_off:
            print("No commit was cut off.")
        if arguments.list or not cut_off:
            return _LEFT_OPEN if cut_off else 0
        receipts = client.resume()
    for receipt in receipts:
        print(receipt.text(_LISTED))
    return 0 if all(receipts) else _LEFT_OPEN


def _verify(arguments: argparse.Namespace) -> int:
    from encord_widgets.commit.receipt import Receipt

    receipt = Receipt.load(arguments.receipt)
    server = f" to {receipt.server}" if receipt.server else ""
    print(f"Committed{server} at {receipt.started_at:%Y-%m-%d %H:%M:%S %Z}: {receipt.sentence}")
    with _connect(arguments) as client:
        report = client.verify(receipt)
    print(report.text(_LISTED))
    return 0 if report else _LEFT_OPEN
