from __future__ import annotations

import json
import random
import re
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import planted_pii as planted
from zhuoyu.ops.dialog._messages import MESSAGES, as_messages, parse
from zhuoyu.ops.dialog.alpaca import Alpaca
from zhuoyu.ops.dialog.completeness import Completeness
from zhuoyu.ops.dialog.lengths import Lengths
from zhuoyu.ops.dialog.messages import Messages
from zhuoyu.ops.dialog.preferences import Preferences
from zhuoyu.ops.dialog.reasoning import Reasoning
from zhuoyu.ops.dialog.refusal import Refusal
from zhuoyu.ops.dialog.relevance import Relevance
from zhuoyu.ops.dialog.turns import Turns
from zhuoyu.ops.text.length import Length

U, A, S, T = "user", "assistant", "system", "tool"
MEASURES = [Turns(), Lengths(), Refusal(), Completeness(), Reasoning(), Relevance()]


def say(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"role": role, "content": content} for role, content in pairs]


def answer(said: str, question: str = "Why?") -> list[dict[str, str]]:
    return say((U, question), (A, said))


def measured(op: Any, *dialogs: Any) -> dict[str, list[Any]]:
    values = op.run(pa.array(dialogs, MESSAGES))
    return {c.suffix: v.to_pylist() for c, v in zip(op.writes, values, strict=True)}


FORMS = [
    [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "你好"}, {"role": "assistant", "content": "Hello."}],
    [{"from": "system", "value": "Be kind."}, {"from": "human", "value": "你好"}, {"from": "gpt", "value": "Hello."}],
    [
        {"role": "developer", "content": "Be kind."},
        {"role": "User", "content": [{"type": "text", "text": "你好"}, {"type": "image_url"}]},
        {"role": "model", "content": "Hello."},
    ],
    {
        "conversations": [
            {"from": "system", "value": "Be kind."},
            {"from": "user", "value": "你好"},
            {"from": "assistant", "value": "Hello."},
        ]
    },
]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_becomes_the_same_messages(form: Any) -> None:
    arrays = [pa.array([json.dumps(form), None])]
    if isinstance(form, list) and all(isinstance(v, str) for one in form for v in one.values()):
        arrays.append(pa.array([form, None]))
    for array in arrays:
        got = Messages().run(array)
        assert got.parent.to_pylist() == [0]
        assert [c.to_pylist() for c in got.columns] == [[FORMS[0]], ["你好"], ["Hello."], [None]]


@pytest.mark.parametrize(
    "wrong", ["", "text", "[1]", "{", '{"a": []}', '[{"role": "user"}]', '[{"content": "x"}]', "[" * 9999, '[{"role": 1, "content": "x"}]']
)
def test_what_is_no_conversation_says_so(wrong: str) -> None:
    got = Messages().run(pa.array([wrong]))
    assert [c.to_pylist() for c in got.columns] == [[None], [None], [None], ["not_a_dialog"]]
    for op in MEASURES:
        assert all(v == [None] for v in op.on({"messages": [wrong]}).values())


def test_halves_of_surrogate_pairs_and_null_contents_do_no_harm() -> None:
    text = r'[{"role": "user", "content": "a\ud83d"}, {"from": "gpt", "value": null}, {"role": "gpt", "content": "\ud83d\ude00"}]'
    assert parse(text) == [(U, "a\ufffd"), (A, ""), (A, "😀")]


def test_alpaca() -> None:
    rows = [("Do.", "", "Done."), ("Sort.", "b a", "a b"), ("Do.", None, None), (None, "x", "y")]
    got = Alpaca().run(*(pa.array(c, pa.large_string()) for c in zip(*rows, strict=True)))
    assert got.parent.to_pylist() == [0, 1, 2]
    assert got.columns[0].to_pylist() == [answer("Done.", "Do."), answer("a b", "Sort.\n\nb a"), say((U, "Do."))]
    assert got.columns[1].to_pylist() == ["Do.", "Sort.\n\nb a", "Do."]


def test_preferences_with_and_without_a_prompt() -> None:
    said, other = json.dumps(answer("yes")), json.dumps(answer("no"))
    rows = [
        ("yes", "no", "Why?"),
        (said, other, "Why?"),
        (said, other, None),
        ("same", "same", "Why?"),
        ("yes", None, "Why?"),
        ("yes", "no", None),
        (None, "no", "Why?"),
    ]
    got = Preferences().run(*(pa.array(c) for c in zip(*rows, strict=True)))
    prompt, chosen, rejected, problem = (c.to_pylist() for c in got.columns)
    assert prompt[:5] == [say((U, "Why?"))] * 5
    assert chosen[:3] == [say((A, "yes"))] * 3
    assert rejected[:3] == [say((A, "no"))] * 3
    assert problem == [None, None, None, "same_answers", "no_rejected", "no_prompt"]
    assert got.parent.to_pylist() == [0, 1, 2, 3, 4, 5]


TURNS = [
    (say((S, "s"), (U, "a"), (A, "b"), (U, "c"), (A, "d")), (2, 5, 0, True, True, True)),
    (say((U, "a"), (A, "b"), (U, "c")), (2, 3, 0, True, True, False)),
    (say((A, "b"), (U, "a"), (A, "c")), (1, 3, 0, True, False, True)),
    (say((U, "a"), (U, "b"), (A, " ")), (2, 3, 1, True, False, False)),
    (say((U, "a"), (S, "s"), (A, "b")), (1, 3, 0, False, True, True)),
    (say((U, "a"), (A, "call"), (T, "r"), (A, "b")), (1, 4, 0, True, True, True)),
    (say((U, "a"), ("narrator", "n"), (A, "b")), (1, 3, 0, False, False, True)),
    (say((U, "a")), (1, 1, 0, False, True, False)),
    ([], (0, 0, 0, False, False, False)),
    (None, (None,) * 6),
]


@pytest.mark.parametrize(("dialog", "expected"), TURNS)
def test_turns(dialog: Any, expected: tuple[Any, ...]) -> None:
    got = measured(Turns(), answer("x"), dialog, answer("y"))
    assert tuple(v[1] for v in got.values()) == expected
    assert tuple(v[0] for v in got.values()) == tuple(v[2] for v in got.values()) == (1, 2, 0, True, True, True)


STATES = [
    ("It is done.", "complete"),
    ("42", "complete"),
    ("Paris", "complete"),
    ("答案是四十二", "complete"),
    ("", "empty"),
    (" \n", "empty"),
    ("It consists of the", "open_end"),
    ("有三点：", "open_end"),
    ("Well,", "open_end"),
    ("word " * 30, "open_end"),
    ("word " * 30 + "end.", "complete"),
    ("```py\nx = 1\n", "open_code"),
    ("So:\n```py\nx = 1\n```", "complete"),
    ("word " * 30 + "\n- a\n- b", "complete"),
    ("词" * 30 + "。", "complete"),
    ("词" * 30, "open_end"),
    ("word " * 30 + "see https://example.com/a", "complete"),
    ("word " * 30 + "\n$$x=1$$", "complete"),
]


@pytest.mark.parametrize(("said", "state"), STATES)
def test_completeness(said: str, state: str) -> None:
    got = measured(Completeness(), answer(said), None)
    assert got == {"answer_state": [state, None], "answer_complete": [state == "complete", None]}


def test_the_last_word_of_a_user_is_no_answer() -> None:
    assert measured(Completeness(), say((U, "a"), (A, "b."), (U, "c")), [])["answer_state"] == ["none", "none"]


def test_cutting_real_answers_is_noticed() -> None:
    r = random.Random(3)
    found = (m for t in planted.real_texts() for m in re.findall(r'"""([^"\\]+)"""', t))
    whole = [t for t in dict.fromkeys(" ".join(m.split()) for m in found) if t.endswith(".") and 30 < len(t.split()) < 300]
    assert len(whole) >= 10
    cut = [" ".join(t.split()[: r.randint(25, len(t.split()) - 3)]) for t in whole]
    kept = [c for c in cut if c[-1] not in ".!?:。！？"]
    assert sum(measured(Completeness(), *map(answer, whole))["answer_complete"]) >= 0.95 * len(whole)
    assert sum(measured(Completeness(), *map(answer, kept))["answer_complete"]) <= 0.1 * len(kept)


REFUSALS = [
    "I'm sorry, but I can't assist with that.",
    "I cannot help with that request.",
    "I’m unable to provide medical advice.",
    "I am not able to answer this.",
    "Unfortunately, I can't create that kind of content.",
    "As an AI language model, I don't have access to real-time data.",
    "I must decline.",
    "Sorry — that goes against my guidelines.",
    "I won't help you do this.",
    "I'm afraid I can't do that.",
    "It would not be appropriate for me to provide that.",
    "抱歉，我无法回答这个问题。",
    "对不起，我不能帮助您做这件事。",
    "很抱歉，但是我不能提供此类信息。",
    "作为一个人工智能语言模型，我无法浏览网页。",
    "我无法为您提供医疗建议。",
    "恕我不能满足您的要求。",
    "我不会协助任何违法行为。",
    "这违反了相关法律规定，因此我不能回答。",
]
ANSWERS = [
    "Sorry for the delay! The capital is Paris.",
    "I apologize for the confusion. You are right: it is 7.",
    "You cannot divide by zero.",
    "He could not help laughing.",
    "If the server is unable to provide a file, it returns 404.",
    "I can help with that!",
    "You must not refuse.",
    "抱歉让您久等了，答案是七。",
    "对不起的英文是 sorry。",
    "无法连接时请检查网络。",
    "人工智能是计算机科学的一个分支。",
    "他不能提供发票，可以向税务局投诉。",
    "",
    "As an AI, I find this question interesting: yes.",
]


def test_planted_refusals_are_found_in_real_text_and_nothing_else() -> None:
    assert [t for t, r in zip(REFUSALS, measured(Refusal(), *map(answer, REFUSALS))["refused"], strict=True) if not r] == []
    assert [t for t, r in zip(ANSWERS, measured(Refusal(), *map(answer, ANSWERS))["refused"], strict=True) if r] == []
    real = [t for t in planted.real_texts() if t.strip()]
    false = sum(measured(Refusal(), *map(answer, real))["refused"])
    assert false <= 0.005 * len(real), f"{false} of {len(real)}"
    planted_in = [f"{r} {t}" for r, t in zip(REFUSALS * 5, real, strict=False)]
    assert all(measured(Refusal(), *map(answer, planted_in))["refused"])


def test_the_share_of_refusals_is_over_answers() -> None:
    got = measured(Refusal(), say((U, "a"), (A, REFUSALS[0]), (U, "b"), (A, "Yes.")), say((U, REFUSALS[0])), None)
    assert got == {"refused": [False, False, None], "refusal_share": [0.5, 0.0, None]}


@pytest.mark.parametrize(
    ("said", "steps", "thought"),
    [
        ("Step 1: add.\nStep 2: halve.", 2, 0),
        ("**Step 1** add\n\n第二步：减半", 2, 0),
        ("1. a\n2) b\n3、c", 3, 0),
        ("First, add. Then, halve. It is first and then.", 2, 0),
        ("首先加。其次减；最后乘。他首先到。", 3, 0),
        ("<think>1. a\n2. b</think>7", 1, 24),
        ("<think>no end", 0, 13),
        ("plain 3.14 text\nin 2024.", 0, 0),
        ("", 0, 0),
    ],
)
def test_reasoning(said: str, steps: int, thought: int) -> None:
    got = measured(Reasoning(), answer(said), None)
    assert got == {"steps": [steps, None], "thought_chars": [thought, None]}


def test_relevance_tells_matched_answers_from_swapped_ones() -> None:
    r = random.Random(6)
    texts = [t.split() for t in planted.real_texts() if 80 < len(t.split()) < 3000]
    pairs = [(" ".join(t[:15]), " ".join(t[5:70])) for t in r.sample(texts, min(60, len(texts)))]
    own = measured(Relevance(), *(answer(a, q) for q, a in pairs))["relevance"]
    other = measured(Relevance(), *(answer(pairs[i - 1][1], q) for i, (q, _) in enumerate(pairs)))["relevance"]
    both = [(a, b) for a, b in zip(own, other, strict=True) if a is not None]
    assert sum(a > b for a, b in both) >= 0.95 * len(both)
    assert measured(Relevance(), answer("和田玉产自新疆", "请问和田玉产自哪里"), answer("不知道", "请问和田玉产自哪里"))["relevance"] == [
        4 / 7,
        0,
    ]
    assert measured(Relevance(), say((U, "Why?"), (A, "x")), say((U, "jade")), [])["relevance"] == [None] * 3


NASTY = st.text(st.sampled_from(list("aI é汉。.!,\n\x00😀`1")), max_size=12)
DIALOG = st.none() | st.lists(st.tuples(st.sampled_from([U, A, S, T, "narrator"]), NASTY), max_size=6)


@settings(max_examples=300, deadline=None)
@given(st.lists(DIALOG, max_size=5), st.integers(0, 3))
def test_a_slow_reference_says_the_same(dialogs: list[Any], offset: int) -> None:
    whole = pa.array([None if d is None else say(*d) for d in dialogs], MESSAGES).slice(min(offset, len(dialogs)))
    rows = dialogs[min(offset, len(dialogs)) :]
    turns, lengths = (
        dict(zip([c.suffix for c in op.writes], [v.to_pylist() for v in op.run(whole)], strict=True)) for op in (Turns(), Lengths())
    )
    for i, d in enumerate(rows):
        if d is None:
            assert turns["turns"][i] is lengths["user_chars"][i] is None
            continue
        assert turns["turns"][i] == sum(r == U for r, _ in d)
        assert turns["message_count"][i] == len(d)
        assert turns["empty_messages"][i] == sum(not c.strip() for _, c in d)
        assert turns["answered"][i] == bool(d and d[-1][0] == A and d[-1][1].strip())
        known = all(r in (U, A, S, T) for r, _ in d) and all(r != S for r, _ in d[1:])
        assert turns["roles_valid"][i] == (known and any(r == U for r, _ in d) and any(r == A for r, _ in d))
        assert lengths["assistant_chars"][i] == sum(len(c) for r, c in d if r == A)
        assert lengths["user_words"][i] == sum(Length().on({"text": [c]})["text_words"][0] for r, c in d if r == U)
    text = pa.array([None if d is None else json.dumps(say(*d)) for d in rows], pa.large_string())
    for op in MEASURES:
        assert [a.to_pylist() for a in op.run(text)] == [a.to_pylist() for a in op.run(whole)], op.name()


def test_a_null_inside_a_conversation_is_an_empty_message() -> None:
    array = pa.array([[{"role": U, "content": None}, {"role": A, "content": "x"}], [None]], MESSAGES)
    assert as_messages(array).type == MESSAGES
    assert Turns().run(array)[1].to_pylist()[0] == 2
