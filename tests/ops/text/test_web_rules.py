"""Golden cases of the measures behind the web rule sets, counted by hand; and defects planted in real text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from zhuoyu import ops

CASES: list[tuple[str, str, str, Any]] = [
    ("text.gopher", "text_gopher_words", "You can't have the cake.", 6),
    ("text.gopher", "text_gopher_words", "!!! -- 3.14 ...", 1),
    ("text.gopher", "text_gopher_word_length", "ab abcd, !", 3.0),
    ("text.gopher", "text_gopher_hash_ratio", "# one # two", 0.5),
    ("text.gopher", "text_gopher_ellipsis_ratio", "so...... it… goes", 0.6),
    ("text.gopher", "text_gopher_bullet_line_share", "- a\n  • b\n* c\n-5", 0.75),
    ("text.gopher", "text_gopher_ellipsis_line_share", "more...\nmore…  \nno.\n", 2 / 3),
    ("text.gopher", "text_gopher_alpha_share", "one 2 3 4b", 0.5),
    ("text.gopher", "text_gopher_stop_words", "The cat and the dog have that", 4),
    ("text.gopher", "text_gopher_stop_words", "THE AND OF", 0),
    ("text.gopher", "text_gopher_dup_line_share", "a\nb\na\n\na", 0.5),
    ("text.gopher", "text_gopher_dup_line_chars", "ab\nc\nab", 2 / 7),
    ("text.gopher", "text_gopher_dup_line_share", "a\n a", 0.0),
    ("text.gopher", "text_gopher_dup_paragraph_share", "one\n\ntwo\n\n\none", 1 / 3),
    ("text.gopher", "text_gopher_dup_paragraph_chars", "one\n\ntwo\n\none", 3 / 13),
    ("text.gopher", "text_gopher_top_2gram", "a b c a b d", 6 / 11),
    ("text.gopher", "text_gopher_top_2gram", "x x x x", 9 / 7),
    ("text.gopher", "text_gopher_top_4gram", "a b c", 0.0),
    ("text.gopher", "text_gopher_dup_5gram", "a b c d e f a b c d e f", 5 / 23),
    ("text.gopher", "text_gopher_dup_10gram", "一 二 三 四 五 六 七 八 九 十 " * 2, 10 / 40),
    ("text.fineweb", "text_fineweb_punct_line_share", "One.\ntwo. \n三。\n\nfour", 0.5),
    ("text.fineweb", "text_fineweb_short_line_share", "字" * 30 + "\n" + "字" * 31, 0.5),
    ("text.fineweb", "text_fineweb_dup_char_share", "menu\nmenu\nbody", 4 / 12),
    ("text.fineweb", "text_fineweb_newline_ratio", "one two\nthree four.\n", 2 / 5),
    ("text.fineweb", "text_fineweb_newline_ratio", "\n \n", 0.0),
    ("text.c4", "text_c4_sentences", "One here now. Two there then! (Three.) Yes.\nshort.\nno mark at all\nFive is here?", 5),
    ("text.c4", "text_c4_sentences", "Version 3.14 of e.g. Python is out.", 1),
    ("text.c4", "text_c4_sentences", "This goes on and on...", 0),
    ("text.c4", "text_c4_sentences", "Please enable JavaScript to go on.\nWe use cookies on this site.", 0),
    ("text.c4", "text_c4_line_share", "A line that stays.\nmenu\n\n", 0.5),
    ("text.c4", "text_c4_lorem_ipsum", "Lorem ipsum dolor sit.", True),
    ("text.c4", "text_c4_lorem_ipsum", "Lorem ipsum dolor sit", False),
    ("text.c4", "text_c4_curly_bracket", "if (x) { return now.", True),
    ("text.c4", "text_c4_curly_bracket", "if (x) {", False),
    ("text.c4", "text_c4_sentences", "x" * 1001 + " is a word.", 0),
    ("text.refinedweb", "text_refinedweb_removed_share", "a line of words\n3 likes", 1 / 3),
    ("text.refinedweb", "text_refinedweb_removed_share", "HOME ABOUT US\nwe are a small team\n2024", 4 / 9),
    ("text.refinedweb", "text_refinedweb_removed_share", "Sign-in to your account\nThe story goes on. Read more...", 4 / 11),
    ("text.refinedweb", "text_refinedweb_removed_share", "", 0.0),
    ("text.stop_words", "text_stop_words_en", "The end of THE line, and more", 3),
    ("text.stop_words", "text_stop_words_zh", "如果我可以，我就去。", 5),
    ("text.stop_words", "text_stop_words_de", "Der Hund und die Katze", 3),
    ("text.stop_words", "text_stop_words_ru", "И это не для нас", 4),
    ("text.stop_words", "text_stop_words_ja", "私は本を読みます。", 3),
    ("text.stop_words", "text_stop_words_fr", "", 0),
]


@pytest.mark.parametrize(("op", "column", "text", "expected"), CASES)
def test_value(op: str, column: str, text: str, expected: Any) -> None:
    found = ops.load(op)().on({"text": [text]})[column][0]
    assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)


@pytest.mark.parametrize(
    ("rules", "text", "expected"),
    [
        ("c4", " A line that stays.[12] \nmenu\nIt has more[citation needed] words.\r\nno mark", "A line that stays.\nIt has more words."),
        ("c4", "Lorem ipsum stays here.", "Lorem ipsum stays here."),
        ("c4", "nothing", ""),
        ("refinedweb", "HOME\n\nWe sell shoes. Read more...\n12 views\n3 items in cart now", "We sell shoes.\n3 now"),
        ("refinedweb", "Sign-in or join now\n42\nA line stays", "or join now\nA line stays"),
        ("refinedweb", "", ""),
    ],
)
def test_lines_are_dropped(rules: str, text: str, expected: str) -> None:
    assert ops.load("text.drop_lines")(rules=rules).on({"text": [text]}) == [expected]


def test_the_short_line_of_fineweb_follows_its_parameter() -> None:
    assert ops.load("text.fineweb")(short_chars=2).on({"text": ["ab\nabc"]})["text_fineweb_short_line_share"] == [0.5]


def test_furniture_planted_in_a_real_page_is_found_and_the_page_is_not_accused() -> None:
    """The licence of this project, and the same with 40 lines of furniture in it: all of those go, and nothing else."""
    page = (Path(__file__).parents[3] / "LICENSE").read_text(encoding="utf-8")
    lines = [line for line in page.split("\n") if len(line.split()) > 1 and not line.isupper()]
    planted = ["HOME ABOUT US CONTACT", "2024", "17 comments", "(1.2k views)", "Menu"]
    mixed = [x for k, line in enumerate(lines) for x in ([planted[k % 5]] if k < 40 else []) + [line]]
    kept = ops.load("text.drop_lines")(rules="refinedweb").on({"text": ["\n".join(lines), "\n".join(mixed)]})
    left = [line for line in kept[1].split("\n") if line in planted]
    assert left == []
    assert len(kept[0].split("\n")) >= 0.97 * len(lines)
    assert kept[1] == kept[0]


def test_stop_words_tell_the_language_of_prose() -> None:
    prose = {
        "de": "Der Vertrag wird von den Parteien unterschrieben und ist dem Gericht nicht bekannt.",
        "fr": "La maison est au bord de la mer et les enfants jouent dans le jardin.",
        "es": "El libro que está en la mesa es de mi hermano y no lo encuentro.",
        "it": "La casa è in un paese che non conosco e il treno è in ritardo.",
        "pt": "O livro que está na mesa não é do meu irmão e se perdeu por aqui.",
        "nl": "Het huis is van de man die in de stad woont en niet op het land.",
        "pl": "Nie wiem, czy to jest dom, w którym on i jego żona są od roku.",
        "ru": "Я не знаю, что это за дом, и как он попал в список.",
        "uk": "Я не знаю, що це за дім, та як він потрапив у список.",
        "cs": "Nevím, jestli je to dům, ve kterém se narodil, a co s ním je.",
        "sv": "Det är inte en bok som jag har läst, men den är bra för barn.",
        "da": "Det er ikke en bog, som jeg har læst, og den er god for børn.",
        "tr": "Bu ev bir köyde ve çok güzel, ama daha büyük olan ne kadar?",
        "id": "Buku ini tidak ada dalam daftar yang di meja dan akan dicari.",
        "ko": "이 책은 그 사람이 쓴 것 중 더 좋은 수 있다.",
        "ja": "この本は私が書いたもので、まだ出版していません。",
        "zh": "这本书是我写的,也可以在网上看到。",
        "en": "The book that I have is to be of use and with a cover.",
    }
    found = ops.load("text.stop_words")().on({"text": list(prose.values())})
    for row, language in enumerate(prose):
        counts = {column[-2:]: values[row] for column, values in found.items()}
        assert counts[language] >= 4 or language in ("ja", "ko"), (language, counts)
        assert counts[language] == max(counts.values()), (language, counts)
