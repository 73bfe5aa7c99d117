"""The keys of the product, as the list of keys shows them. What each presses is marked by `data-key` on the pages."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Group = tuple[str | Promise, tuple[tuple[str, str | Promise], ...]]

KEYS: tuple[Group, ...] = (
    (
        _("到处可用"),
        (
            ("/", _("搜索企业")),
            ("Ctrl/⌘ K", _("快速打开：企业、申报、页面")),
            ("g h", _("我的一天")),
            ("g l", _("企业库")),
            ("g b", _("培育看板")),
            ("g f", _("目标与预测")),
            ("?", _("按键一览")),
        ),
    ),
    (
        _("列表与看板"),
        (
            ("j / k", _("下一行 / 上一行")),
            ("x", _("勾选这一行")),
            ("Shift x", _("从上次勾选的行连选到这一行")),
            ("Enter", _("打开")),
            ("o", _("在旁边看一眼")),
            ("s", _("办理（移到…）")),
        ),
    ),
    (
        _("企业与申报页"),
        (
            ("[ / ]", _("筛选结果里的上一家 / 下一家")),
            ("s", _("办理")),
            ("a", _("更改经办人员")),
            ("t", _("新建待办")),
            ("c", _("记录联系")),
        ),
    ),
    (_("表单"), (("Ctrl/⌘ Enter", _("保存")), ("Esc", _("取消、关闭")))),
)
