"""Golden cases of the text measures: the value a careful reader would count by hand."""

from __future__ import annotations

from typing import Any

import pytest

from zhuoyu import ops

PARAGRAPH = "The survey covers 12 provinces and lasted three years. Results differ by region, and costs fell."

CASES: list[tuple[str, str, str, Any]] = [
    ("text.length", "text_words", "don't stop-now 3.14", 5),
    ("text.length", "text_words", "rock'n'roll 'quoted'", 2),
    ("text.length", "text_words", "琢玉 is jade", 4),
    ("text.length", "text_words", "GPT4模型v2", 4),
    ("text.length", "text_words", "한국어 단어", 2),
    ("text.length", "text_words", "カタカナー", 5),
    ("text.length", "text_words", "e\u0301te\u0301", 1),
    ("text.length", "text_words", "❤️ 🎉 --", 0),
    ("text.length", "text_words", "नमस्ते दुनिया", 2),
    ("text.length", "text_chars", "a汉😀\n", 4),
    ("text.length", "text_bytes", "a汉😀\n", 9),
    ("text.length", "text_lines", "", 0),
    ("text.length", "text_lines", "a", 1),
    ("text.length", "text_lines", "a\n", 1),
    ("text.length", "text_lines", "a\r\nb\rc\n\nd", 5),
    ("text.length", "text_sentences", "Pi is 3.14. Really? Yes!", 3),
    ("text.length", "text_sentences", "真的吗？！是的。好", 3),
    ("text.length", "text_sentences", "A heading\n\nA sentence.", 2),
    ("text.length", "text_sentences", "wrapped\nline", 1),
    ("text.length", "text_sentences", "... !!! ???", 0),
    ("text.length", "text_sentences", "See a.b.c and www.example.com", 1),
    ("text.length", "text_mean_word_length", "ab abcd", 3.0),
    ("text.length", "text_mean_word_length", "!!", 0.0),
    ("text.shares", "text_alpha_share", "ab 汉1!", 0.6),
    ("text.shares", "text_symbol_share", "a#。…", 0.75),
    ("text.shares", "text_digit_share", "a1２½", 0.75),
    ("text.shares", "text_cjk_share", "汉かハ한a", 0.8),
    ("text.shares", "text_upper_share", "ABc汉", 0.5),
    ("text.shares", "text_space_share", "a \u3000b", 0.5),
    ("text.shares", "text_alpha_share", " \n", 0.0),
    ("text.duplicate_lines", "text_dup_line_share", "menu\nmenu\nbody", 1 / 3),
    ("text.duplicate_lines", "text_dup_line_share", "菜单\r\n 菜单 \r\n正文", 1 / 3),
    ("text.duplicate_lines", "text_dup_line_share", "\n\n\n", 0.0),
    ("text.duplicate_lines", "text_dup_line_count_share", "a\n\na\n\nb\nlonger", 0.25),
    ("text.repeated_ngrams", "text_top_2gram_share", "a b c a b d", 4 / 6),
    ("text.repeated_ngrams", "text_top_2gram_share", PARAGRAPH, 0.0),
    ("text.repeated_ngrams", "text_top_3gram_share", "aa b c, aa b c. dd", 8 / 10),
    ("text.repeated_ngrams", "text_top_2gram_share", "x x x x", 1.0),
    ("text.repeated_ngrams", "text_top_4gram_share", "买一送一买一送一吧", 8 / 9),
    ("text.repeated_ngrams", "text_dup_5gram_share", "a b c d e f a b c d e f", 0.5),
    ("text.repeated_ngrams", "text_dup_6gram_share", "a b c d e f a b c d e f", 0.5),
    ("text.repeated_ngrams", "text_dup_7gram_share", "a b c d e f a b c d e f", 0.0),
    ("text.repeated_ngrams", "text_dup_10gram_share", "一二三四五六七八九十" * 4, 0.75),
    ("text.ending", "text_ends_terminal", "Done.", True),
    ("text.ending", "text_ends_terminal", "她说:“好。”\n", True),
    ("text.ending", "text_ends_terminal", "(really?)  ", True),
    ("text.ending", "text_ends_terminal", "and then", False),
    ("text.ending", "text_ends_terminal", "然后,", False),
    ("text.ending", "text_ends_terminal", "”", False),
    ("text.ending", "text_bullet_line_share", "- a\n• b\n-5\n*em*", 0.5),
    ("text.ending", "text_ellipsis_line_share", "more...\nmore…\nno.", 2 / 3),
    ("text.ending", "text_short_line_share", "short\n\n" + "long " * 10, 0.5),
    ("text.ending", "text_short_line_share", "字" * 30 + "\n" + "字" * 31, 0.5),
    ("text.word_kinds", "text_alpha_word_share", "one | 2 -- three", 0.4),
    ("text.word_kinds", "text_alpha_word_share", "全文没有空格", 1.0),
    ("text.word_kinds", "text_alpha_word_share", "", 0.0),
    ("text.word_kinds", "text_hash_word_ratio", "# one\n## two", 1.5),
    ("text.word_kinds", "text_ellipsis_word_ratio", "so... it… goes.....", 1.0),
    ("text.word_kinds", "text_ellipsis_word_ratio", "...", 0.0),
    ("text.word_kinds", "text_stop_words", "The cat and THE dog have that. bet@", 4),
    ("text.word_kinds", "text_stop_words", "theta andy 与 its", 0),
    ("text.encoding_noise", "text_replacement_share", "a\ufffdb\ufffd", 0.5),
    ("text.encoding_noise", "text_control_share", "a\x00\tb", 0.25),
    ("text.encoding_noise", "text_mojibake_share", "itâ€™s", 0.5),
    ("text.encoding_noise", "text_mojibake_share", "CAFÉ» déjà vu – “Éa” l’été’” 2×½ ESPAÑA", 0.0),
    ("text.encoding_noise", "text_mojibake_share", "正常的中文。", 0.0),
    ("text.language", "text_language", "这个酒店的服务很好", "zh"),
    ("text.language", "text_language", "很好", "zh"),
    ("text.language", "text_language", "安装 numpy 之后运行 python setup.py 即可", "zh"),
    ("text.language", "text_language", "東京は日本の首都です。", "ja"),
    ("text.language", "text_language", "안녕하세요. 오늘 날씨가 좋습니다.", "ko"),
    ("text.language", "text_language", "THE LICENSE IS GRANTED WITHOUT WARRANTY OF ANY KIND", "en"),
    ("text.language", "text_language", "Le chat est sur la table et il dort.", "fr"),
    ("text.language", "text_language", "Der Hund schläft unter dem Tisch.", "de"),
    ("text.language", "text_language", "Съешь же ещё этих мягких французских булок", "ru"),
    ("text.language", "text_language", "12345 !!! 67", "und"),
    ("text.language", "text_language", "", "und"),
    ("text.language", "text_language", "def escape inner s str str return s replace amp replace gt replace lt replace replace", "und"),
    ("text.language", "text_language_confidence", "", 0.0),
    ("text.language", "text_language_confidence", "汉字汉字 a", 0.8),
]


@pytest.mark.parametrize(("op", "column", "text", "expected"), CASES)
def test_value(op: str, column: str, text: str, expected: Any) -> None:
    found = ops.load(op)().on({"text": [text]})[column][0]
    assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)


def test_short_lines_and_short_repeats_follow_their_parameters() -> None:
    assert ops.load("text.ending")(short_chars=2).on({"text": ["ab\nabc"]})["text_short_line_share"] == [0.5]
    assert ops.load("text.duplicate_lines")(min_chars=4).on({"text": ["abc\nabc\nabcd\nabcd"]})["text_dup_line_share"] == [4 / 14]
    assert ops.load("text.language")(min_letters=40).on({"text": ["Le chat est sur la table"]})["text_language"] == ["und"]


def test_planted_mojibake_is_found_and_sound_text_is_not_accused() -> None:
    """Every sentence once sound and once garbled: all garbled ones, and none of the sound ones, are over 5 %."""
    sound = [
        "Où est passé le garçon qui était à l’école ?",
        "Größe und Höhe über Straßen",
        "我们需要更多的数据来训练模型",
        "Привет, как дела сегодня",
        "El niño comió jamón en Málaga",
        "“Quoted” – it’s fine…",
    ]
    garbled = [s.encode().decode("latin-1") for s in sound]
    noise = ops.load("text.encoding_noise")()
    assert all(v == 0.0 for v in noise.on({"text": sound})["text_mojibake_share"])
    assert all(v > 0.05 for v in noise.on({"text": garbled})["text_mojibake_share"])


def test_a_repeated_paragraph_planted_in_a_text_is_found() -> None:
    """Ten distinct paragraphs, then one of them again: its share of the whole, by 5-grams and by lines."""
    distinct = [" ".join(f"word{k}x{j}" for j in range(20)) for k in range(10)]
    text = "\n".join([*distinct, distinct[3]])
    assert ops.load("text.repeated_ngrams")().on({"text": [text]})["text_dup_5gram_share"] == [pytest.approx(1 / 11)]
    assert ops.load("text.duplicate_lines")().on({"text": [text]})["text_dup_line_share"] == [pytest.approx(1 / 11)]
