"""Who belongs to a firm no longer. Apart from `people`, because a firm's own people end each other's access too."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import may_write
from crm.errors import NotAllowed
from crm.models import Firm, Membership, User
from crm.services.history import record_changes
from crm.services.invitations import require_people_right


@transaction.atomic
def end_membership(membership: Membership, *, actor: User | None) -> None:
    """The person acts for the firm no longer; what they did stays under their name.

    The last one of a firm is ended by an officer only: otherwise nobody could let the next one in.
    """
    require_people_right(actor, membership.firm)
    by_officer = actor is None or may_write(actor, membership.firm.region_path)
    list(Firm.objects.select_for_update(no_key=True).filter(pk=membership.firm_id).values_list("pk"))
    active = Membership.objects.filter(firm=membership.firm_id, ended_on=None, user__is_active=True)
    if not by_officer and not active.exclude(pk=membership.pk).exists():
        raise NotAllowed(_("这是贵单位最后一个账号，不能自行停用；请先邀请同事，或联系所在县区科技部门"))
    if Membership.objects.filter(pk=membership.pk, ended_on=None).update(ended_on=timezone.localdate()):
        record_changes(membership.firm, {"member": (membership.user, "")}, actor=actor)
