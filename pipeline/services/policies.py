"""Publishing the law: an edition becomes one immutable row, once. A changed file under a published code is refused."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.models import User
from pipeline.errors import PolicyRefused
from pipeline.models import PolicyEdition
from pipeline.policy import Policy, load_policies


def unpublished() -> list[Policy]:
    """The policy files that are not in the database yet. Raises InvalidPolicy, and PolicyRefused for a changed file."""
    policies = load_policies(settings.POLICY_DIRS)
    known = {(row.programme, row.code): row.digest for row in PolicyEdition.objects.all()}
    digests = [known.get((policy.programme, policy.edition)) for policy in policies]
    pairs = list(zip(policies, digests, strict=True))
    if changed := [policy for policy, digest in pairs if digest not in {None, policy.digest}]:
        raise PolicyRefused(*(_changed(policy) for policy in changed))
    return [policy for policy, digest in pairs if digest is None]


def _changed(policy: Policy) -> str:
    return _("{programme} {edition} 已发布，内容不能再改；修订请另存为新版本").format(
        programme=policy.programme, edition=policy.edition
    )


@transaction.atomic
def publish(policies: Iterable[Policy], *, actor: User | None) -> list[PolicyEdition]:
    """Store editions that are not published yet. The same edition twice is one row; another content is refused."""
    return [edition for policy in policies if (edition := _publish_one(policy, actor)) is not None]


def _publish_one(policy: Policy, actor: User | None) -> PolicyEdition | None:
    existing = PolicyEdition.objects.filter(programme=policy.programme, code=policy.edition).first()
    if existing is None:
        try:
            with transaction.atomic():
                return PolicyEdition.objects.create(
                    programme=policy.programme,
                    code=policy.edition,
                    region_code=policy.region,
                    source=policy.source,
                    workflow=policy.workflow,
                    effective_from=policy.effective_from,
                    effective_to=policy.effective_to,
                    content=policy.content,
                    digest=policy.digest,
                    published_at=timezone.now(),
                    published_by=actor,
                )
        except IntegrityError:  # somebody else published it in this moment
            existing = PolicyEdition.objects.get(programme=policy.programme, code=policy.edition)
    if existing.digest != policy.digest:
        raise PolicyRefused(_changed(policy))
    return None
