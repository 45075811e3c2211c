"""Which places are an e-mail address, an IP address or a key. All on bytes, with bounded looks around a place."""

from __future__ import annotations

import ipaddress
import math
import re
from collections import Counter

from zhuoyu.ops._pii_numbers import CONTEXT, Span

LONG = 20_000
"""Bytes after a place that a private key block may take; every other key is shorter than ``SHORT``."""
SHORT = 2048

_TOP = (
    "com|org|net|edu|gov|mil|int|info|biz|name|io|dev|app|ai|me|co|pro|xyz|online|site|tech|cloud|email|top|club|vip|wang|ren|work|space|store|live|page|systems"
    "|software|works|media|social|chat|support|services|help|international|zone|host|run|art|fun|news|law|health|care|science|engineering|academy|group|team|agency|network|solutions|foundation|company|codes|consulting|digital|design|studio|world|today|blog|link"
    "|local|localdomain|test|example|invalid|coop|aero|museum|mobi|asia|tel|jobs|cat|eu|uk|xn--[a-z0-9]{2,20}"
)
_COUNTRIES = (
    "ac ad ae af ag al am ao ar at au aw az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd cf cg ch ci ck cl cm cn"
    " cr cu cv cx cy cz de dj dk dm do dz ec ee eg er es et fi fj fk fm fo fr ga gd ge gg gh gi gl gm gn gp gq gr gt gu gy hk hn hr"
    " ht hu id ie il im in iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg"
    " mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pr ps pt pw qa"
    " re ro rs ru rw sa sb sc sd se sg si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua"
    " ug us uy uz va vc ve vg vi vn vu wf ws ye za zm zw"
).replace(" ", "|")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"(?:{_LABEL}\.){{1,8}}((?i:{_TOP}|{_COUNTRIES}))(?![A-Za-z0-9_-]|\.[A-Za-z0-9])".encode())
_LOCAL = re.compile(rb"[A-Za-z0-9_+%](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9_%+-])?$")
_CODE_TAIL = re.compile(rb"\s?[(\[]")

_KEYS = re.compile(
    rb"A(?:KI|SI)A[0-9A-Z]{16}(?![0-9A-Za-z])|gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}"
    rb"|eyJ[A-Za-z0-9_-]{10,1000}\.eyJ[A-Za-z0-9_-]{10,1000}\.[A-Za-z0-9_-]{10,}|xox[abprs]-[0-9A-Za-z-]{10,200}|AIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])"
    rb"|LTAI[A-Za-z0-9]{12,26}(?![0-9A-Za-z])|AKID[A-Za-z0-9]{28,36}(?![0-9A-Za-z])|hf_[A-Za-z0-9]{30,40}(?![0-9A-Za-z])|glpat-[A-Za-z0-9_-]{20,64}"
    rb"|npm_[A-Za-z0-9]{36}(?![0-9A-Za-z])|pypi-AgE[A-Za-z0-9_-]{40,400}|SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}|(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,128}"
)
_SK = re.compile(rb"sk-(?:[a-z]{2,6}\d{0,2}-)?([A-Za-z0-9_-]{20,200})")
_FIXED = (b"AKI", b"ASI", b"eyJ", b"xox", b"LTA", b"sk_", b"rk_")
_BLOCK = re.compile(
    rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    rb"(?:(?>[^-]{0,400}?[A-Za-z0-9+/=]{32})(?s:.{0,16000}?)-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    rb"|(?:[\s\"'\\nr+]{0,40}[A-Za-z0-9+/=]{16,200}){2,})"
)
_GIVEN = re.compile(
    rb"(?:api|secret|access|auth|private|encryption|signing|client|app|account|master|license)[_-]?(?:key|token|secret)(?:[_-]?id)?"
    rb"[\"' \]:]{0,3}$"
    rb"|(?:secret|passwd|password|token|bearer)[\"' \]:]{0,3}$",
    re.IGNORECASE,
)
_PLAIN = re.compile(rb"[A-Za-z0-9+/=_-]+")

_IP_WORD = re.compile(
    rb"(?:://|\bip|ipv4|addr(?:ess)?|host|hostname|dns|server|nameserver|gateway|from|ping|\xe5\x9c\xb0\xe5\x9d\x80|\xe4\xb8\xbb\xe6\x9c\xba)[^A-Za-z\n]{0,6}$",
    re.IGNORECASE,
)
_VERSION_WORD = re.compile(
    rb"(?<![A-Za-z])(?:version|ver|release|rel|rev|build|python|update|section|sec\.|rfc|clause|chapter|appendix|table|figure|fig\.|oid|since|\xe7\x89\x88\xe6\x9c\xac|\xc2\xa7"
    rb"|\xe7\xac\xac)[\s:='\"(v.-]{0,6}$|[=<>~!]=\s?['\"]?$|(?:^|[^A-Za-z])[vV]\.?\s?$|[A-Za-z0-9]/$|(?:upgrad|updat|bump)[^\n]{0,40}$|identifier[\s:=('\"]{1,4}$|[A-Za-z0-9]-$",
    re.IGNORECASE,
)
_PORT = re.compile(rb":[0-9]{2,5}(?![0-9])")
_SPECIAL = tuple(
    map(
        ipaddress.ip_network,
        [
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24"),
            *("192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"),
            *("2001:db8::/32", "2001::/23", "3fff::/20", "fc00::/7", "fe80::/10", "ff00::/8"),
        ],
    )
)


def email(text: bytes, start: int, end: int) -> list[Span]:
    """The address in ``text[start:end]``, the widest span of address bytes around an @.

    >>> email("请写信到a.b@example.cn。".encode(), 12, 26)
    [('email', 12, 26)]
    """
    at = text.index(b"@", start, end)
    local, domain = _LOCAL.search(text, start, at), _EMAIL.match(text, at + 1)
    if not local or not domain or text[local.start() : at] == b"git" or text[at - 1 : at] == b".":
        return []
    top = domain[1]
    common = top.lower() in (b"com", b"org", b"net", b"edu", b"gov", b"cn")
    mixed = top != top.lower() and top != top.upper()
    if mixed or (not common and _CODE_TAIL.match(text, domain.end())):
        return []  # ``a@b.to(c)`` multiplies matrices
    escaped = text[local.start() - 1 : local.start()] == b"\\" and text[local.start() : local.start() + 1] in (b"n", b"r", b"t")
    return [("email", local.start() + (escaped and at - local.start() > 1), domain.end())]


def keys(text: bytes, start: int, _: int) -> list[Span]:
    """The key that starts at START with a known prefix: the whole of it."""
    block = _BLOCK.match(text, start)
    if block:
        return [("key", start, block.end())]
    one = _KEYS.match(text, start)
    if one and (text[start : start + 3] in _FIXED or _mixed(one[0])):
        return [("key", start, one.end())]
    sk = _SK.match(text, start)
    return [("key", start, sk.end())] if sk and _mixed(sk[1]) and entropy(sk[1]) >= 3.5 else []


def assigned(text: bytes, start: int, end: int) -> list[Span]:
    """The value ``text[start:end]`` if what it is given to is called a key and the value looks drawn at random."""
    value = text[start:end].rstrip(b".")
    name = text[max(0, start - CONTEXT) : start].rstrip(b"\"' =>:")
    quoted = text[start - 1 : start] in (b'"', b"'") and text[start + len(value) : start + len(value) + 1] == text[start - 1 : start]
    if not _GIVEN.search(name) or b"public" in name.lower() or not _PLAIN.fullmatch(value) or not _mixed(value, least=2):
        return []
    floor = 3.0 if quoted else 3.7
    return [("key", start, start + len(value))] if entropy(value) >= floor and (quoted or len(value) >= 20) else []


def _mixed(value: bytes, least: int = 1) -> bool:
    """Digits among letters in LEAST places, and no long word: drawn, not written."""
    letters = sum(65 <= (b & 0xDF) <= 90 for b in value)
    digits = re.findall(rb"[0-9]+", value)
    word = max(map(len, re.findall(rb"[a-z]{7,}", value)), default=0)
    cases = least > 1 or (value != value.lower() and value != value.upper())
    return letters >= 3 and len(digits) >= least and cases and word <= len(value) // 3


def entropy(value: bytes) -> float:
    """Bits a byte of the value's own letter frequencies.

    >>> entropy(b"abab")
    1.0
    """
    n = len(value)
    return -sum(c / n * math.log2(c / n) for c in Counter(value).values())


def is_special(address: str) -> bool:
    """True for private, loopback, documentation and other addresses that name nobody on the internet."""
    ip = ipaddress.ip_address(address)
    return any(ip.version == net.version and ip in net for net in _SPECIAL)


def ip4(text: bytes, start: int, end: int, private: bool) -> list[Span]:
    """The four octets ``text[start:end]`` as an address, unless they read like a version or a section number.

    >>> ip4(b"v8.8.8.8 8.8.8.8:53", 9, 16, False)
    [('ip', 9, 16)]
    """
    before = text[max(0, start - CONTEXT) : start]
    if _VERSION_WORD.search(before) or (is_special(text[start:end].decode()) and not private):
        return []
    if text[end - 2 : end] == b".0" and text[end : end + 1] == b"/":
        return []  # a network, not a host
    if text[end : end + 1] == b"-" and text[end + 1 : end + 2].isalpha():
        return []  # a version's tail
    sure = end - start >= 11 or _IP_WORD.search(before) or _PORT.match(text, end)
    return [("ip", start, end)] if sure else []


def ip6(text: bytes, start: int, end: int, private: bool) -> list[Span]:
    """The IPv6 address in ``text[start:end]``."""
    value = text[start:end].rstrip(b".")
    if value.endswith(b":") and not value.endswith(b"::"):
        value = value[:-1]
    end = start + len(value)
    before = text[start - 1 : start] if start else b""
    if before.isalnum() or before in (b"_", b":") or text[end : end + 1].isalpha():
        return []
    try:
        special = is_special(value.decode())
    except ValueError:
        return []
    return [("ip", start, end)] if (private or not special) and len(value) >= 8 else []
