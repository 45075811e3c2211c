"""Traditional and simplified Chinese, and the usage of their regions."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from zhuoyu.errors import MissingExtra
from zhuoyu.op import Changed, Transform

Config = Literal["t2s", "s2t", "s2tw", "s2twp", "s2hk", "s2hkp", "tw2s", "tw2sp", "hk2s", "hk2sp", "t2tw", "t2hk", "tw2t", "hk2t"]
_HAN = r"\p{Han}"


@cache
def _converter(config: str) -> Any:
    try:
        import opencc
    except ImportError as error:
        raise MissingExtra.of("opencc", "text") from error
    return opencc.OpenCC(config)


class ConvertChinese(Transform):
    """Converts between traditional and simplified characters (繁简转换), phrase by phrase. Null stays null.

    t: traditional (OpenCC standard), s: simplified, tw and hk: the forms of Taiwan and Hong Kong; a ``p`` at the end also
    changes words of the region (软件 ↔ 軟體). One simplified character may have several traditional forms (后: 後, 后): the
    longest phrase known decides, so ``s2…`` guesses where ``t2s`` does not. Text without Han characters is not touched, nor
    is Japanese spared: say ``when: text_language = 'zh'``. Not idempotent in every direction.

    >>> ConvertChinese().on({"text": ["漢語的軟體，皇后在後面", "no Han", None]})
    ['汉语的软体，皇后在后面', 'no Han', None]
    """

    version: ClassVar[int] = 1
    idempotent: ClassVar[bool] = False
    extra: ClassVar[str] = "text"
    source: ClassVar[str] = "OpenCC 1.4 and its dictionaries; 通用规范汉字表 (2013) for simplified forms"
    config: Config = Field("t2s", description="From which form to which, in the names of OpenCC.")

    def open(self) -> None:
        """Load the dictionaries once per worker."""
        _converter(self.config)

    def run(self, *inputs: pa.Array) -> Changed:
        """The converted texts."""
        text = inputs[0]
        wanted = pc.fill_null(pc.match_substring_regex(text, _HAN), False)
        if not pc.any(wanted).as_py():
            return Changed(text)
        convert = _converter(self.config).convert
        made = pa.array([convert(said) for said in text.filter(wanted).to_pylist()], text.type)
        return Changed(pc.replace_with_mask(text, wanted, made))
