"""The rail shows where the reader is, on every page below its entries too."""

import re

import pytest

ENTRY = re.compile(r'<a href="([^"]+)"\s+class="[^"]*" title="[^"]*"(?: data-key="[^"]+")? aria-current="(page|true)">')


def entries_here(page):
    """The addresses that the rail marks; it stands twice on a page, for wide and for narrow screens."""
    return sorted(set(ENTRY.findall(page)))


@pytest.mark.parametrize(
    ("address", "marked"),
    [
        ("/", [("/", "page")]),
        ("/targets/", [("/targets/", "page")]),
        ("/targets/forecast/", [("/targets/", "true")]),
        ("/settings/ladders/", [("/settings/", "true")]),
        ("/account/notifications/", [("/settings/", "true")]),
        ("/duplicates/", [("/firms/", "true")]),
        ("/shortlists/", [("/screening/", "true")]),
        ("/recognitions/", [("/deadlines/", "true")]),
        ("/applications/", [("/board/tech_sme/", "true")]),
        ("/board/high_tech/", [("/board/high_tech/", "page")]),
        ("/mailbox/", []),
    ],
)
def test_the_rail_marks_the_nearest_entry_above_the_page(address, marked, client, lead):
    client.force_login(lead)

    assert entries_here(client.get(address).content.decode()) == marked
