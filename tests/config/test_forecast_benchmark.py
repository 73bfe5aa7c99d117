"""The forecast's own benchmark: seeded cities, figures, picture."""

from __future__ import annotations

from xml.etree import ElementTree

from config.benchmark.cities import city_year
from config.benchmark.forecast_picture import calibration_picture
from config.benchmark.forecasting import CITY_YEARS, forecast_job, reliability, validate
from config.benchmark.report import lines


def test_the_same_seed_is_the_same_city():
    first, second, other = city_year(3), city_year(3), city_year(4)

    assert (first.day, first.done, first.final, first.target) == (second.day, second.done, second.final, second.target)
    assert (first.history.counted == second.history.counted).all()
    assert (other.day, other.final) != (first.day, first.final)


def test_a_city_ends_with_no_fewer_than_it_had():
    assert all(city.done <= city.final for city in map(city_year, range(10)))


def test_the_job_reports_what_it_found():
    found = forecast_job(4)
    table = lines(
        {"database": "x", "firms": 0, "yardsticks": {}, "pages": {}, "jobs": {"forecast": found | {"multiple": 1}}}
    )

    assert found["items"] == 4
    assert found["findings"] == validate(4)
    assert any(line.startswith("  coverage_80: ") for line in table)
    assert CITY_YEARS == 1000


def test_the_same_figures_draw_the_same_picture():
    found = validate(4)
    drawn = calibration_picture(found)

    assert drawn == calibration_picture(validate(4))
    assert "4 simulated city-years" in drawn
    assert len(ElementTree.fromstring(drawn).findall("{http://www.w3.org/2000/svg}circle")) == len(
        found["reliability_target"]
    )


def test_reliability_puts_like_probabilities_together():
    assert reliability([(0.1, False), (0.12, True), (1.0, True)]) == [(0.11, 0.5, 2), (1.0, 1.0, 1)]
