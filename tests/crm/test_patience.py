"""A database that is away for a moment is asked again; inside a transaction it is not."""

import pytest
from django.db import OperationalError, transaction

from crm import patience
from crm.models import Region
from crm.patience import patiently


class Away:
    """Answers after so many failures."""

    def __init__(self, failures):
        self.failures, self.asked = failures, 0

    def __call__(self):
        self.asked += 1
        if self.asked <= self.failures:
            raise OperationalError("database is locked")
        return Region.objects.count() > 0


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(patience, "PAUSES", (0, 0, 0))


@pytest.mark.parametrize("failures", [0, 1, 3])
def test_it_is_asked_again_over_a_new_connection(failures, committed_db, quick):
    action = Away(failures)

    assert patiently(action) is True
    assert action.asked == failures + 1


def test_patience_ends(committed_db, quick):
    action = Away(9)

    with pytest.raises(OperationalError):
        patiently(action)
    assert action.asked == 4


def test_inside_a_transaction_there_is_one_try(committed_db, quick):
    action = Away(1)

    with pytest.raises(OperationalError), transaction.atomic():
        patiently(action)
    assert action.asked == 1
