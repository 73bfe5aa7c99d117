import pytest

from crm.models import Firm
from crm.paging import capped_count, keyset
from tests import make

ORDER = ("-updated_at", "-pk")


@pytest.fixture
def firms(county):
    return [make.firm(f"第{number}公司", county) for number in range(7)]


def walk(size):
    names, after = [], ""
    while True:
        page = keyset(Firm.objects.all(), order=ORDER, after=after, size=size)
        names += [firm.name for firm in page.rows]
        if not page.after:
            return names
        after = page.after


@pytest.mark.parametrize("size", [1, 3, 7, 50])
def test_pages_show_each_row_once_in_order(firms, size):
    assert walk(size) == [firm.name for firm in reversed(firms)]


def test_rows_of_one_instant_are_not_lost(firms):
    Firm.objects.update(updated_at=firms[0].updated_at)

    assert sorted(walk(2)) == sorted(firm.name for firm in firms)


@pytest.mark.parametrize("mark", ["", "x", "W10", "bnVsbA", "WzEsMiwzXQ", "WyJ4IiwieSJd!!"])
def test_a_senseless_mark_gives_the_first_page(firms, mark):
    assert keyset(Firm.objects.all(), order=ORDER, after=mark, size=2).is_first


def test_counting_stops_at_the_limit(firms):
    assert capped_count(Firm.objects.all(), limit=5) == (5, True)
    assert capped_count(Firm.objects.all(), limit=7) == (7, False)
