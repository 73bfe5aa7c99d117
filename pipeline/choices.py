"""The fixed lists of this room. Labels are what people read."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Phase(TextChoices):
    """What every stage of every programme amounts to, so that programmes compare."""

    POOL = "pool", _("培育")
    PREPARING = "preparing", _("准备")
    REVIEW = "review", _("审核")
    NOTICE = "notice", _("公示")
    RECOGNISED = "recognised", _("认定")
    CLOSED = "closed", _("已结束")


class Turn(TextChoices):
    """Whose turn it is while an application rests in a stage."""

    FIRM = "firm", _("企业")
    COUNTY = "county", _("县区科技部门")
    CITY = "city", _("市科技局")
    REGION = "region", _("自治区主管部门")
    NATION = "nation", _("国家主管部门")
    NOBODY = "nobody", _("无需办理")


class Acting(TextChoices):
    """As what a person acts on one application. `PROXY` is an officer standing in for a firm that has no account.

    An `AGENT` acts as the firm, on a mandate of it; what they did is kept as theirs.
    """

    FIRM = "firm", _("企业")
    AGENT = "agent", _("代理人")
    PROXY = "proxy", _("代企业登记")
    OFFICER = "officer", _("经办人员")
    LEAD = "lead", _("科长")
    SYSTEM = "system", _("系统")


class Title(TextChoices):
    """What a recognition is: each programme grants one, the gazelle programme two."""

    REGISTRATION = "registration", _("入库登记")
    CERTIFICATE = "certificate", _("认定证书")
    LIBRARY = "library", _("培育入库")


class DeadlineKind(TextChoices):
    CORRECTION_DUE = "correction_due", _("补正截止")
    NOTICE_END = "notice_end", _("公示结束")
    STAGE_TERM = "stage_term", _("办理期限")
    NUMBER_EXPIRY = "number_expiry", _("入库编号到期")
    CERTIFICATE_EXPIRY = "certificate_expiry", _("证书到期")
    LIBRARY_EXPIRY = "library_expiry", _("培育入库到期")
    ANNUAL_REPORT = "annual_report", _("年度报告")
    MAJOR_CHANGE = "major_change", _("重大变化报告")
    ROUND_CLOSE = "round_close", _("申报截止")


class OccasionKind(TextChoices):
    """A date that reminds and is no deadline of one firm: the authority's own, the year's, or a person's plan."""

    WINDOW_OPEN = "window_open", _("申报开始")
    INFO_UPDATE = "info_update", _("科小信息更新")
    SPOT_CHECK = "spot_check", _("年末抽查")
    STATE_REPORT = "state_report", _("高企名单报国家")
    LIBRARY_CHECK = "library_check", _("瞪羚入库复核与退出检查")
    QUOTA_CHECK = "quota_check", _("月末、季末指标核对")
    FOLLOW_UP = "follow_up", _("走访跟进")


class Told(TextChoices):
    """Whom a ladder tells: people of the firm's side, or the nearest of the authority who hold the role."""

    FIRM = "firm", _("企业")
    AGENT = "agent", _("代理人")
    OFFICER = "officer", _("经办人员")
    CITY = "city", _("市级经办")
    LEAD = "lead", _("科长")
    LEADER = "leader", _("局领导")


class Overdue(TextChoices):
    """How often somebody is asked again once the date has passed."""

    NEVER = "never", _("不再提醒")
    ONCE = "once", _("提醒一次")
    DAILY = "daily", _("每个工作日提醒")


class ClockMode(TextChoices):
    """What becomes of the authority's term once a returned application is back."""

    RESUME = "resume", _("暂停后续计")
    RESTART = "restart", _("重新起算")


class StopEnd(TextChoices):
    """How a stop of the clock ended; one that has not ended is empty."""

    RESUMED = "resumed", _("已续计")
    RESTARTED = "restarted", _("已重新起算")
    DROPPED = "dropped", _("已转入后续环节，不再计算")


class RoundChange(TextChoices):
    """What a version of a filing window did to the one before."""

    OPENED = "opened", _("发布")
    EXTENDED = "extended", _("延长")
    SHORTENED = "shortened", _("提前截止")
    MOVED = "moved", _("调整窗口")
    NOTED = "noted", _("更正文号等")


class ChangeKind(TextChoices):
    """The changes that a high-tech enterprise must report (国科火发〔2016〕32号 第十七条)."""

    NAME = "name", _("更名")
    SPLIT = "split", _("分立")
    MERGER = "merger", _("合并")
    REORGANISED = "reorganised", _("重组")
    BUSINESS = "business", _("经营业务变化")


class DayKind(TextChoices):
    HOLIDAY = "holiday", _("放假")
    WORKDAY = "workday", _("上班")


class Counter(TextChoices):
    """The named ways of counting recognitions; they give different numbers on purpose (docs/glossary.md)."""

    FIRST_TIME = "first_time", _("首次认定")
    CERTIFIED_IN_YEAR = "certified_in_year", _("当年认定")
    STOCK = "stock", _("保有量")
    NET_GROWTH = "net_growth", _("净增")
    REGISTERED = "registered", _("当年入库")
    IN_LIBRARY = "in_library", _("培育入库")
    FILED = "filed", _("组织申报")


class TargetKind(TextChoices):
    """Where a target comes from: told from above, or said by those who are to reach it."""

    ASSIGNED = "assigned", _("下达")
    PLEDGE = "pledge", _("自报")


class AmountClass(TextChoices):
    """The classes of verified results; each is scored by a rule of its own (docs/glossary.md)."""

    A = "A", _("A 类")
    B = "B", _("B 类")


class TallyKind(TextChoices):
    """What is counted on its own: everything of a firm, or one entered amount."""

    FIRM = "firm", "firm"
    ENTRY = "entry", "entry"


class VerdictKind(TextChoices):
    MET = "met", _("符合")
    NOT_MET = "not_met", _("不符合")
    UNKNOWN = "unknown", _("待定")


class Bucket(TextChoices):
    """How far a firm is from an edition: what a screening sorts by."""

    MET = "met", _("已达标")
    READY = "ready", _("待专家评定")
    LACKS_ONE = "lacks_one", _("差一项")
    LACKS_TWO = "lacks_two", _("差两项")
    LACKS_MORE = "lacks_more", _("差三项以上")
    UNKNOWN = "unknown", _("数据不全")
    IMPOSSIBLE = "impossible", _("不可能")


class Confidence(TextChoices):
    """How much history stands behind a forecast (pipeline.forecasting.outlook)."""

    NONE = "none", _("历史太少")
    THIN = "thin", _("仅供参考")
    SOLID = "solid", _("有历史依据")


class HandOverState(TextChoices):
    """From the wish that somebody's work goes to another until it has."""

    PROPOSED = "proposed", _("待确认")
    RUNNING = "running", _("交接中")
    DONE = "done", _("已交接")
    DECLINED = "declined", _("未交接")


class Held(TextChoices):
    """What an officer holds and can hand over, in the order in which it moves."""

    FIRMS = "firms", _("企业")
    APPLICATIONS = "applications", _("在办申报")
    TASKS = "tasks", _("待办与承诺")
    SHORTLISTS = "shortlists", _("候选名单")


class Handed(TextChoices):
    DONE = "done", _("已转交")
    REFUSED = "refused", _("未转交")


class LapseKind(TextChoices):
    """What is lacking in the care of a firm."""

    NO_NEXT = "no_next", _("没有下一步")
    NO_CONTACT = "no_contact", _("长期未联系")
    STALE_YEAR = "stale_year", _("数据过期")
    STALE_STAGE = "stale_stage", _("停留过久")
