"""The fixed lists of this room. Labels are what people read."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class RegionKind(TextChoices):
    PROVINCE = "province", _("自治区、省")
    CITY = "city", _("市")
    COUNTY = "county", _("县(市、区)")
    ZONE = "zone", _("功能区")


class Role(TextChoices):
    """What a post lets its holder do inside its region. `LEAD` adds the reserved moves; `LEADER` only reads."""

    VIEWER = "viewer", _("查阅人员")
    OFFICER = "officer", _("经办人员")
    LEAD = "lead", _("科长")
    LEADER = "leader", _("局领导")
    ADMIN = "admin", _("管理员")


class FirmStatus(TextChoices):
    ACTIVE = "active", _("存续")
    MOVED_OUT = "moved_out", _("迁出")
    DEREGISTERED = "deregistered", _("注销")
    MERGED = "merged", _("已合并")


class FirmEventKind(TextChoices):
    RENAMED = "renamed", _("更名")
    MOVED = "moved", _("县区间迁移")
    MOVED_IN = "moved_in", _("迁入")
    MOVED_OUT = "moved_out", _("迁出")
    DEREGISTERED = "deregistered", _("注销")


class Source(TextChoices):
    """Where a figure comes from, in the order in which they count; an edition may order them otherwise.

    `REGISTER` is counted by the product itself from rows such as IP rights; nobody types it.
    """

    REGISTER = "register", _("逐项登记")
    AUDIT = "audit", _("专项审计")
    TAX = "tax", _("税务申报")
    STATISTICS = "statistics", _("统计报表")
    DECLARED = "declared", _("企业申报")
    ESTIMATE = "estimate", _("经办人员估计")


STATED_SOURCES = [choice for choice in Source.choices if choice[0] != Source.REGISTER]


class Basis(TextChoices):
    """口径: how a figure was counted. Figures of different bases are never mixed."""

    NONE = "", _("不分口径")
    QUARTERLY_6M = "quarterly_6m", _("季平均、满6个月")
    MONTHLY_183D = "monthly_183d", _("月平均、满183天")
    SUPER_DEDUCTION = "super_deduction", _("加计扣除口径")
    HIGH_TECH = "high_tech", _("高企认定口径")
    ACCOUNTING = "accounting", _("会计口径")


class ImportState(TextChoices):
    UPLOADED = "uploaded", _("已上传")
    CHECKING = "checking", _("正在预检")
    CHECKED = "checked", _("待确认")
    APPLYING = "applying", _("正在导入")
    DONE = "done", _("已完成")
    FAILED = "failed", _("失败")
    CANCELLED = "cancelled", _("已取消")
    REVERTING = "reverting", _("正在撤销")
    REVERTED = "reverted", _("已撤销")


class RowOutcome(TextChoices):
    CREATED = "created", _("新增")
    UPDATED = "updated", _("更新")
    UNCHANGED = "unchanged", _("无变化")
    PENDING = "pending", _("重复待定")
    REFUSED = "refused", _("错误")
    SKIPPED = "skipped", _("按决定不导入")


class RowDecision(TextChoices):
    """What a person says is to be done with a row, or with all rows of one outcome."""

    NONE = "", _("未决定")
    TAKE = "take", _("导入")
    CREATE = "create", _("作为新企业导入")
    KNOWN = "known", _("是企业库中的这家，更新它")
    SKIP = "skip", _("不导入")


# What may be said of the rows of each outcome.
DECISIONS: dict[str, tuple[RowDecision, ...]] = {
    RowOutcome.CREATED: (RowDecision.TAKE, RowDecision.SKIP),
    RowOutcome.UPDATED: (RowDecision.TAKE, RowDecision.SKIP),
    RowOutcome.PENDING: (RowDecision.CREATE, RowDecision.KNOWN, RowDecision.SKIP),
}
# What becomes of them while nobody has said anything.
UNLESS_SAID: dict[str, RowDecision] = {
    RowOutcome.CREATED: RowDecision.TAKE,
    RowOutcome.UPDATED: RowDecision.TAKE,
    RowOutcome.PENDING: RowDecision.SKIP,
}


class Undone(TextChoices):
    """What became of an imported row when the import was taken back."""

    NO = "", _("未撤销")
    DONE = "done", _("已撤销")
    REFUSED = "refused", _("未能撤销")


class JobState(TextChoices):
    QUEUED = "queued", _("排队中")
    RUNNING = "running", _("进行中")
    DONE = "done", _("已完成")
    FAILED = "failed", _("失败")
    CANCELLED = "cancelled", _("已取消")


class RunOutcome(TextChoices):
    ASKED = "asked", _("等待开始")
    RUNNING = "running", _("进行中")
    OK = "ok", _("成功")
    FAILED = "failed", _("失败")


class RequestState(TextChoices):
    PENDING = "pending", _("待审核")
    APPROVED = "approved", _("已通过")
    REFUSED = "refused", _("未通过")


class TouchKind(TextChoices):
    NOTE = "note", _("备注")
    CALL = "call", _("电话")
    VISIT = "visit", _("走访")


CONTACTS = (TouchKind.CALL, TouchKind.VISIT)  # what counts as contact: somebody spoke with the firm


class TouchOutcome(TextChoices):
    """What came of a contact, where it is more than words."""

    PROMISE = "promise", _("企业作出承诺")


class TaskKind(TextChoices):
    """Who must act: the officer, or the firm that promised something and the officer who watches it."""

    TASK = "task", _("待办")
    PROMISE = "promise", _("企业承诺")


class RightKind(TextChoices):
    """Intellectual property by its legal kind; the class follows from it (国科发政〔2017〕115号 第七条)."""

    INVENTION = "invention", _("发明专利")
    PLANT_VARIETY = "plant_variety", _("植物新品种")
    CROP_VARIETY = "crop_variety", _("国家级农作物品种")
    NEW_DRUG = "new_drug", _("国家新药")
    TCM_VARIETY = "tcm_variety", _("国家一级中药保护品种")
    IC_LAYOUT = "ic_layout", _("集成电路布图设计专有权")
    UTILITY_MODEL = "utility_model", _("实用新型专利")
    DESIGN = "design", _("外观设计专利")
    SOFTWARE = "software", _("软件著作权")


class CredentialKind(TextChoices):
    SCIENCE_AWARD = "science_award", _("国家科学技术奖")
    RD_INSTITUTION = "rd_institution", _("研发机构")
    STANDARD_LED = "standard_led", _("主导制定标准")
    GAZELLE_LIBRARY = "gazelle_library", _("瞪羚企业培育库")
    CHIEF_TECHNOLOGY_OFFICER = "chief_technology_officer", _("首席技术官")
    HIGH_TECH_CERTIFICATE = "high_tech_certificate", _("高新技术企业证书")


# What each kind of credential may state beside its name, and what rules can ask of it.
CREDENTIAL_FIELDS: dict[str, tuple[str, ...]] = {
    "high_tech_certificate": ("valid_until",),
    "science_award": ("rank", "on"),
    "rd_institution": ("level",),
    "standard_led": ("rank", "on"),
    "gazelle_library": ("year",),
    "chief_technology_officer": (),
}


class Level(TextChoices):
    NATIONAL = "national", _("国家级")
    MINISTERIAL = "ministerial", _("部级")
    PROVINCIAL = "provincial", _("省级")
    MUNICIPAL = "municipal", _("市级")
    COUNTY = "county", _("县级")


CLASS_ONE = frozenset(
    {
        RightKind.INVENTION,
        RightKind.PLANT_VARIETY,
        RightKind.CROP_VARIETY,
        RightKind.NEW_DRUG,
        RightKind.TCM_VARIETY,
        RightKind.IC_LAYOUT,
    }
)


class PairState(TextChoices):
    """What somebody said of two firms that look like one."""

    OPEN = "open", _("待处理")
    MERGED = "merged", _("已合并")
    DISMISSED = "dismissed", _("不是同一家")


class PairReason(TextChoices):
    """Why two firms look like one, the strongest first."""

    SAME_NAME = "same_name", _("名称相同、代码不同")
    FORMER_NAME = "former_name", _("一家的曾用名是另一家的名称")
    SIMILAR_NAME = "similar_name", _("去掉地名、括号和公司后缀后名称相同")
    SAME_PHONE = "same_phone", _("联系电话相同")


class ScanState(TextChoices):
    """What the virus scanner said of a file."""

    UNSCANNED = "unscanned", _("未扫描")
    CLEAN = "clean", _("通过")
    INFECTED = "infected", _("有毒")
    WAITING = "waiting", _("待扫描")


class ExportKind(TextChoices):
    FIRMS = "firms", _("企业")
    APPLICATIONS = "applications", _("申报")
    RECOGNITIONS = "recognitions", _("认定结果")


class ExportFormat(TextChoices):
    XLSX = "xlsx", _("Excel 表格（xlsx）")
    CSV = "csv", _("文本表格（csv）")


class ExportColumns(TextChoices):
    """`LIST` is what the list shows; `FULL` adds the register, figures of a year, contacts and the next action."""

    LIST = "list", _("列表所示各列")
    FULL = "full", _("全部信息：登记、年度数据、联系人、下一步")
