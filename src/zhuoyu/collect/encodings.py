"""Bytes to text, or the reason why not. Nothing is ever replaced silently."""

from __future__ import annotations

import codecs
import re
from itertools import islice

UTF8, GB18030 = "utf-8", "gb18030"
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_COMMON = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运质品价评店房服"
)
_SHARE, _COMMON_SHARE = 0.75, 0.25
_LOOK = 100_000


def bom(head: bytes) -> tuple[str, int]:
    r"""The encoding a byte order mark names and the mark's length; ``("", 0)`` without one.

    >>> bom(b"\xef\xbb\xbfhi"), bom(b"hi")
    (('utf-8', 3), ('', 0))
    """
    return next(((name, len(mark)) for mark, name in _BOMS if head.startswith(mark)), ("", 0))


def looks_chinese(text: str) -> bool:
    """Whether TEXT, decoded from GB18030, is Chinese and not chance: three quarters of what is not ASCII are signs of GB 2312, at
    least half Han, and a quarter of those among the 351 commonest.

    Any EUC-coded text decodes as GB18030, and other languages land on Han signs nearly at random. Measured: the commonest are
    7 in 10 Han signs of Chinese reviews (under a quarter in 1 of 300 of 12 to 30 signs), 3 to 8 in 100 where Korean, Japanese or
    Big5 text was read as GB18030. A short text of rare signs is refused: an error can be seen, a wrong character cannot.

    >>> looks_chinese("中文说明"), looks_chinese("na飗e")
    (True, False)
    """
    odd = [m.group() for m in islice(_NOT_ASCII.finditer(text), _LOOK)]
    han = [c for c in odd if _HAN.match(c)]
    if not han or 2 * len(han) < len(odd):
        return False
    inside = len("".join(odd).encode("gb2312", "ignore")) // 2
    if inside < _SHARE * len(odd):
        return False
    return sum(c in _COMMON for c in han) >= _COMMON_SHARE * len(han)


def guess(head: bytes) -> tuple[str, int]:
    r"""The encoding of a file of lines by its beginning, and the length of its byte order mark.

    >>> guess("一行中文\n".encode("gb18030"))
    ('gb18030', 0)
    """
    named, skip = bom(head)
    if named:
        return named, skip
    whole = head[: head.rfind(b"\n") + 1] or head
    try:
        whole.decode(UTF8)
    except UnicodeDecodeError:
        return (UTF8 if _from_gb18030(whole) is None else GB18030), 0
    return UTF8, 0


def decode(raw: bytes, encoding: str = "") -> tuple[str | None, str | None]:
    r"""A row's text, or why there is none. ENCODING comes from the file's beginning; without it RAW is a whole file.

    >>> decode("\ufeffhéllo".encode()), decode(b"\xff\xfeh\x00i\x00"), decode(b"\x89PNG\x00")
    (('héllo', None), ('hi', None), (None, 'binary content: a NUL byte at 4'))
    >>> decode(b"caf\xe9 noir")
    (None, 'undecodable: not UTF-8 at byte 3 (0xe9), and not Chinese in GB18030')
    """
    skip = 0
    if not encoding:
        encoding, skip = bom(raw)
    if encoding.startswith(("utf-16", "utf-32")):
        try:
            text = raw[skip:].decode(encoding)
        except UnicodeDecodeError as error:
            return None, f"undecodable: not {encoding.upper()} at byte {skip + error.start}"
        at = text.find("\0")
        return (text, None) if at < 0 else (None, f"binary content: a NUL at character {at}")
    at = raw.find(b"\0")
    if at >= 0:
        return None, f"binary content: a NUL byte at {at}"
    if encoding == GB18030:
        text_or_none = _from_gb18030(raw, known=True)
        if text_or_none is not None:
            return text_or_none, None
    try:
        return raw[skip:].decode(UTF8), None
    except UnicodeDecodeError as error:
        chinese = _from_gb18030(raw) if encoding != GB18030 and not skip else None
        if chinese is not None:
            return chinese, None
        return None, f"undecodable: not UTF-8 at byte {skip + error.start} (0x{raw[skip + error.start]:02x}), and not Chinese in GB18030"


def _from_gb18030(raw: bytes, known: bool = False) -> str | None:
    try:
        text = raw.decode(GB18030)
    except UnicodeDecodeError:
        return None
    return text if known or looks_chinese(text) else None
