"""Text that was decoded with the wrong encoding, as it was meant."""

from __future__ import annotations

from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from zhuoyu.errors import MissingExtra
from zhuoyu.op import CELLS, Changed, Transform

_PASSES = 8


def _ftfy() -> Any:
    try:
        import ftfy
    except ImportError as error:
        raise MissingExtra.of("ftfy", "text") from error
    return ftfy


class Repair(Transform):
    r"""Undoes mojibake (乱码修复): UTF-8 that was read as Latin-1, Windows-125x or Mac, once or several times. Null stays null.

    Judged line by line; a line that ftfy does not find suspicious stays byte for byte. Full-width letters, curly quotes and
    the Unicode form are left alone: they are not errors, and ``text.normalize`` is there for the form. Each repaired line has
    a cell in ``_cells``. How much there is to repair says ``text.encoding_noise``. Applying it twice changes nothing more.

    >>> Repair().on({"text": ["itâ€™s rÃ©sumÃ©, ä¸\xadæ–‡", "“fine”，好", None]})
    ['it’s résumé, 中文', '“fine”，好', None]
    """

    version: ClassVar[int] = 1
    extra: ClassVar[str] = "text"
    source: ClassVar[str] = "Speer 2019 (ftfy), 6.3: its badness heuristic decides"
    entities: bool = Field(False, description="Also decode HTML entities, in lines without a literal '<'.")
    escapes: bool = Field(True, description="Also remove the colour codes of terminals.")

    def open(self) -> None:
        """Import the package once per worker."""
        _ftfy()

    def run(self, *inputs: pa.Array) -> Changed:
        """The repaired texts; ASCII without an escape or an entity is not looked at."""
        text = inputs[0]
        wanted = pc.invert(pc.string_is_ascii(text))
        for asked, sign in ((self.escapes, "\x1b"), (self.entities, "&")):
            wanted = pc.or_(wanted, pc.match_substring(text, sign)) if asked else wanted
        made: dict[int, tuple[str, list[dict[str, Any]]]] = {}
        for row in pc.indices_nonzero(pc.fill_null(wanted, False)).to_pylist():
            before = text[row].as_py()
            after, cells = self._repaired(before)
            if after != before:
                made[row] = after, cells
        if not made:
            return Changed(text)
        mask = pa.array([i in made for i in range(len(text))])
        content = pc.replace_with_mask(text, mask, pa.array([said for said, _ in made.values()], text.type))
        return Changed(content, pa.array([made[i][1] if i in made else None for i in range(len(text))], CELLS))

    def _repaired(self, text: str) -> tuple[str, list[dict[str, Any]]]:
        config = _ftfy().TextFixerConfig(
            unescape_html="auto" if self.entities else False, remove_terminal_escapes=self.escapes, fix_latin_ligatures=False,
            fix_character_width=False, uncurl_quotes=False, fix_line_breaks=False, remove_control_chars=False, normalization=None,
        )  # fmt: skip
        out, cells, at = [], [], 0
        for line in text.split("\n"):
            fixed = line
            for _ in range(_PASSES):
                fixed, before = "\n".join(_ftfy().fix_text(part, config) for part in fixed.split("\n")), fixed
                if fixed == before:
                    break
            if fixed != line:
                cells.append({"column": "", "start": at, "end": at + len(fixed), "how": "corrected", "by": ""})
            out.append(fixed)
            at += len(fixed) + 1
        return "\n".join(out), cells
