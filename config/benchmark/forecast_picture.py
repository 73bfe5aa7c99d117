"""The picture of docs/forecast.md: what was said beside what came, and where the truth fell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

SIZE, LEFT, GAP, TOP = 300, 60, 120, 70
WIDTH, HEIGHT = LEFT + 2 * SIZE + GAP + 40, TOP + SIZE + 70
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1f2328}.soft{fill:#5b6067}.head{font-size:16px;font-weight:600}"
    ".axis{stroke:#5b6067;fill:none}.even{stroke:#5b6067;stroke-dasharray:4 4}.dot{fill:#3f3cbb}.bar{fill:#0f766e}"
)


def calibration_picture(found: dict[str, Any]) -> str:
    """An SVG of its own, in words too: the same figures give the same file."""
    words = (
        f"{found['forecast']} simulated city-years; the 80 % interval held {found['coverage_80']:.1%} of them; "
        f"Brier score of targets {found['brier_target']['forecast']}, of the stage average "
        f"{found['brier_target']['stage average']}, of last year's share {found['brier_target']['last year']}."
    )
    parts = [*_reliability(found["reliability_target"]), *_histogram(found["pit_deciles"], found["forecast"])]
    body = "\n".join(f"  {part}" for part in parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">\n'
        f"  <title>Stated probabilities and what came true</title>\n  <desc>{words}</desc>\n"
        f'  <style>{STYLE}</style>\n  <rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def _reliability(classes: list[tuple[float, float, int]]) -> Iterator[str]:
    yield from _frame(LEFT, "Targets: said and come true", "stated probability", "share met")
    yield f'<line class="even" x1="{LEFT}" y1="{TOP + SIZE}" x2="{LEFT + SIZE}" y2="{TOP}"/>'
    for said, came, number in classes:
        x, y = LEFT + said * SIZE, TOP + (1 - came) * SIZE
        yield f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="{2 + number**0.5 / 4:.1f}"/>'
        yield f'<text class="soft" x="{x + 9:.1f}" y="{y + 16:.1f}">{number}</text>'


def _histogram(deciles: list[int], whole: int) -> Iterator[str]:
    left, wide = LEFT + SIZE + GAP, SIZE / len(deciles)
    yield from _frame(left, "Where the final number fell", "place in the forecast (PIT)", "share of city-years")
    for place, number in enumerate(deciles):
        tall = SIZE * number / whole / 0.2
        x, y = left + place * wide + 2, TOP + SIZE - tall
        yield f'<rect class="bar" x="{x:.1f}" y="{y:.1f}" width="{wide - 4:.1f}" height="{tall:.1f}"/>'
        yield f'<text class="soft" x="{x:.1f}" y="{y - 5:.1f}">{number}</text>'
    yield f'<line class="even" x1="{left}" y1="{TOP + SIZE / 2}" x2="{left + SIZE}" y2="{TOP + SIZE / 2}"/>'


def _frame(left: int, head: str, below: str, beside: str) -> Iterator[str]:
    yield f'<text class="head" x="{left}" y="28">{head}</text>'
    yield f'<text class="soft" x="{left}" y="{TOP - 14}">{beside}</text>'
    yield f'<path class="axis" d="M{left} {TOP}V{TOP + SIZE}H{left + SIZE}"/>'
    yield f'<text class="soft" x="{left}" y="{TOP + SIZE + 40}">{below}</text>'
    for share in (0, 0.5, 1):
        yield f'<text class="soft" x="{left + share * SIZE - 4}" y="{TOP + SIZE + 18}">{share:g}</text>'
