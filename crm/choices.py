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
    """Where a figure comes from; precedence between them is data (docs/policies.md)."""

    AUDIT = "audit", _("专项审计")
    TAX = "tax", _("税务申报")
    STATISTICS = "statistics", _("统计报表")
    DECLARED = "declared", _("企业申报")
    ESTIMATE = "estimate", _("经办人员估计")


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


class TouchKind(TextChoices):
    NOTE = "note", _("备注")
    CALL = "call", _("电话")
    VISIT = "visit", _("走访")
