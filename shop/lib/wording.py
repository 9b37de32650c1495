"""绝对化用语: superlatives that the advertising law forbids, found in what a merchant writes.

The three that article 9 (3) of the Advertising Law names are refused without a reason; others of the kind are warned
of. What tells how to use a product, such as the best time to eat it, is no advertisement (guide of the State
Administration for Market Regulation of 2023-02-25, article 5; read 2026-11).
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

STATUTORY = ("国家级", "最高级", "最佳")
DOUBTFUL = (
    "世界级", "宇宙级", "顶级", "极品", "至尊", "最好", "最优", "最强", "最大", "最低价", "最便宜", "最先进", "最新鲜",
    "最正宗", "第一品牌", "销量第一", "全网第一", "全国第一", "行业第一", "排名第一", "全网最低", "史上最低",
    "独一无二", "绝无仅有", "史无前例", "空前绝后", "唯一正宗", "首选品牌", "万能", "永久有效", "百分之百有效",
    "100%有效", "100%安全", "包治", "根治", "国家领导人", "驰名商标", "特供", "专供", "国宴", "免检",
)  # fmt: skip
HARMLESS = re.compile(r"最佳(?:食用|赏味|饮用|品尝|冲泡|使用|存放|保存|储存)|最大(?:承重|容量|尺寸|直径|功率|载重)")
TAGS = re.compile(r"<[^>]*>")
BETWEEN = re.compile(r"[\s\u200b\u200c\u200d\ufeff·.*_\-]+")  # what people put between the characters


@dataclass(frozen=True, slots=True)
class Wording:
    """What was found in a text: words that are refused, words to think about."""

    forbidden: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()

    @property
    def refusal(self) -> str:
        """The sentence for what is refused; "" for nothing."""
        return f"{quoted(self.forbidden)}是广告法点名禁止的绝对化用语，请改掉" if self.forbidden else ""

    @property
    def warning(self) -> str:
        """The sentence for what to think about; "" for nothing."""
        return f"{quoted(self.doubtful)}可能是绝对化用语，有被处罚的风险，建议改掉" if self.doubtful else ""


def judge(*texts: str) -> Wording:
    """Look for absolute words in texts, HTML or plain; spaces, dots and tags between the characters hide nothing."""
    return _judge([_plain(text) for text in texts])


def _judge(texts: Iterable[str]) -> Wording:
    text = "\n".join(texts)
    return Wording(
        forbidden=tuple(word for word in STATUTORY if word in text),
        doubtful=tuple(word for word in DOUBTFUL if word in text),
    )


def _plain(text: str) -> str:
    """Return the characters alone, without what is harmless."""
    plain = unicodedata.normalize("NFKC", TAGS.sub("", text))
    return HARMLESS.sub("", BETWEEN.sub("", plain))


def quoted(words: Iterable[str]) -> str:
    """List words in quotation marks: 「最佳」、「顶级」."""
    return "、".join(f"「{word}」" for word in words)
