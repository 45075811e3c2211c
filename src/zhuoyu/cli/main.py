"""The command ``zhuoyu``: parse, call one verb or flow, print."""

from __future__ import annotations

import gc
import json
import sys
from typing import Annotated

import typer

from zhuoyu import __version__
from zhuoyu.errors import SpecError, ZhuoyuError

app = typer.Typer(
    name="zhuoyu",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="zhuoyu 琢玉: high-quality datasets for AI, built, assessed and kept as code.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
audit = typer.Typer(no_args_is_help=True, help="The event log: who did what to which object.")
app.add_typer(audit, name="audit")


def _version(value: bool) -> None:
    if value:
        typer.echo(f"zhuoyu {__version__}")
        raise typer.Exit


@app.callback()
def _root(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False) -> None:
    """Options that stand before the command."""


def main() -> None:
    """Run the command line; a ``ZhuoyuError`` becomes one sentence on stderr and its exit code."""
    gc.set_threshold(50_000)  # the default is 700: a sixth of a short command would be looking for garbage among modules that load
    from zhuoyu.cli import commands  # noqa: F401  registers the commands on `app`

    try:
        ended = app(standalone_mode=False)
        code = ended if isinstance(ended, int) else 0
    except typer.Exit as done:
        code = done.exit_code
    except typer.Abort:
        code = 130
    except ZhuoyuError as error:
        code = error.exit_code
        _say(error)
    except KeyboardInterrupt:
        code = 130
    except Exception as error:
        if not hasattr(error, "show"):
            raise
        code = getattr(error, "exit_code", 2)
        if "--json" in sys.argv:
            _say(SpecError(error.format_message(), fix="see --help"))  # type: ignore[attr-defined]  # a click exception
        else:
            error.show()
    gc.freeze()  # or else the interpreter's last act is to look at every object of every library once more: 0.1 s
    sys.exit(code)


def _say(error: ZhuoyuError) -> None:
    if "--json" in sys.argv:
        said = {"error": type(error).__name__, "message": str(error), "facts": {k: str(v) for k, v in error.facts.items()}}
        typer.echo(json.dumps(said, ensure_ascii=False))
    else:
        typer.secho(f"{type(error).__name__}: {error}", fg=typer.colors.RED, err=True)
