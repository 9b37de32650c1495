"""Absolute words: the statutory three are refused without a reason, others are warned of, use hints are left alone."""

import pytest

from shop.lib import wording


@pytest.mark.parametrize("word", wording.STATUTORY)
def test_the_statutory_three_are_forbidden(word: str) -> None:
    assert wording.judge(f"本店{word}产品").forbidden == (word,)


@pytest.mark.parametrize(
    "text", ["国 家 级", "国家·级", "<b>国家</b>级", "国\u200b家级", "<p>国<i>家</i>级</p>", "国-家*级"]
)
def test_what_stands_between_the_characters_hides_nothing(text: str) -> None:
    assert wording.judge(text).forbidden == ("国家级",)


@pytest.mark.parametrize(
    "text", ["", "手工红茶", "最佳食用期三天", "最佳赏味期", "最大承重 20 公斤", "最近上新", "第一次购买"]
)
def test_plain_words_and_hints_of_use_are_left_alone(text: str) -> None:
    assert wording.judge(text) == wording.Wording()


def test_others_of_the_kind_are_doubtful() -> None:
    found = wording.judge("顶级好茶", "全网最低")

    assert found == wording.Wording(doubtful=("顶级", "全网最低"))
    assert found.warning == "「顶级」、「全网最低」可能是绝对化用语，有被处罚的风险，建议改掉"
    assert found.refusal == ""


def test_words_of_two_texts_do_not_run_together() -> None:
    assert wording.judge("国家", "级别") == wording.Wording()
