"""The ways in which coupons reach people, in the merchant's words."""

from promotions.models import IssueMode

# mode -> (tab, what it does)
MODES: dict[str, tuple[str, str]] = {
    IssueMode.CLAIM: ("商家券", "放在首页、领券中心和商品页，顾客自己领；也可以定向发放"),
    IssueMode.PUSH: ("定向券", "不公开，只由您发给选定的会员、等级、标签或分组"),
    IssueMode.REGISTER: ("新客立减", "新会员注册时自动到账，每人一次"),
    IssueMode.ORDER_COMPLETED: ("下单返券", "确认收货后自动送；整单退款时收回还没用的"),
    IssueMode.BIRTHDAY: ("会员生日券", "生日前后 5 天内来访时自动送，每年一次"),
    IssueMode.SHARE: ("裂变券", "打开链接就能领，适合发到群里或印成海报"),
    IssueMode.CODE: ("兑换码", "印在卡片、宣传单上的一次性兑换码"),
    IssueMode.WAKE_UP: ("唤醒券", "很久没来的会员自动收到，也可以定向发放"),
    IssueMode.GROUP: ("拼团券", "只能在拼团时使用"),
    IssueMode.REWARD: ("奖励券", "给邀请有礼、积分兑换和拼团奖励用，不单独发放"),
}
REPEATING = {IssueMode.ORDER_COMPLETED, IssueMode.BIRTHDAY, IssueMode.WAKE_UP, IssueMode.REWARD, IssueMode.GROUP}


def mode_in(typed: str) -> str:
    """Return the mode that an address names; 商家券 for none."""
    return typed if typed in MODES else IssueMode.CLAIM.value
