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


class RowOutcome(TextChoices):
    CREATED = "created", _("新增")
    UPDATED = "updated", _("更新")
    UNCHANGED = "unchanged", _("无变化")
    PENDING = "pending", _("待定")
    REFUSED = "refused", _("拒绝")


class JobState(TextChoices):
    QUEUED = "queued", _("排队中")
    RUNNING = "running", _("进行中")
    DONE = "done", _("已完成")
    FAILED = "failed", _("失败")
    CANCELLED = "cancelled", _("已取消")


class RequestState(TextChoices):
    PENDING = "pending", _("待审核")
    APPROVED = "approved", _("已通过")
    REFUSED = "refused", _("未通过")


class TouchKind(TextChoices):
    NOTE = "note", _("备注")
    CALL = "call", _("电话")
    VISIT = "visit", _("走访")


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


class ScanState(TextChoices):
    """What the virus scanner said of a file."""

    UNSCANNED = "unscanned", _("未扫描")
    CLEAN = "clean", _("通过")
    INFECTED = "infected", _("有毒")
    WAITING = "waiting", _("待扫描")
