"""Charts of one sample stay the same from one sample to the next, so that a browser keeps them."""

import altair as alt

from scratchmlp.charts.sample import probability_chart
from scratchmlp.charts.theme import svg

NAMES = ("cat", "dog", "owl")


def test_the_next_sample_changes_only_the_numbers() -> None:
    one, other = (
        probability_chart(NAMES, p, *pair)
        for p, pair in (([0.2, 0.7, 0.1], (0, 1)), ([0.1, 0.3, 0.6], (1, 2)))
    )
    tables = [spec.pop("datasets")["classes"] for spec in (one, other)]
    assert one == other
    assert tables[0]["curve"].tolist() == ["truth", "prediction", "other"]
    assert tables[1]["p"].tolist() == [0.1, 0.3, 0.6]


def test_the_chart_shows_each_class_and_its_role() -> None:
    spec = probability_chart(NAMES, [0.2, 0.7, 0.1], 1, 1)
    rows = {name: table.to_dict("records") for name, table in spec.pop("datasets").items()}
    picture = svg(alt.Chart.from_dict(spec | {"datasets": rows}))
    assert all(f">{name}</text>" in picture for name in (*NAMES, "truth and prediction"))
