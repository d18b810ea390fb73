"""Every chart: takes a table and returns an Altair chart. The page's theme colours its axes."""

import altair as alt
import pandas as pd

# Okabe & Ito's palette: told apart by the colour-blind, readable on white and on black.
BLUE, ORANGE, GREEN, GREY = "#0072b2", "#e69f00", "#009e73", "#8a94a3"
HEIGHT = 340


def _named(values: dict[str, str]) -> alt.Color:
    scale = alt.Scale(domain=list(values), range=list(values.values()))
    legend = alt.Legend(
        orient="top",
        title=None,
        symbolOpacity=1,
        symbolSize=60,
        columnPadding=12,
        offset=4,
        padding=0,
    )
    return alt.Color("curve:N", scale=scale, legend=legend)


def _title(text: str) -> alt.TitleParams:
    return alt.TitleParams(text, anchor="start", fontSize=15, offset=6)


def confusion_chart(cells: pd.DataFrame, classes: tuple[str, ...], rates: bool) -> alt.LayerChart:
    """A square for each pair of truth and answer; clicking one selects it as "cell".

    Parameters
    ----------
    cells : columns truth, answer (names), count, rate, as `evaluation.confused` gives them.
    rates : colour and print the share of each truth, and not the count.
    """
    field, shown = ("rate", ".1%") if rates else ("count", ",d")
    pick = alt.selection_point(name="cell", fields=["truth", "answer"], on="click", empty=False)
    order = list(classes)
    base = alt.Chart(cells).encode(
        x=alt.X("answer:N", title="answer", sort=order, axis=alt.Axis(labelAngle=0, orient="top")),
        y=alt.Y("truth:N", title="truth", sort=order),
        tooltip=[
            alt.Tooltip("truth:N", title="truth"),
            alt.Tooltip("answer:N", title="answer"),
            alt.Tooltip("count:Q", title="pictures", format=","),
            alt.Tooltip("rate:Q", title="share of the truth", format=".2%"),
        ],
    )
    squares = (
        base.mark_rect(cornerRadius=2, cursor="pointer")
        .encode(
            color=alt.Color(f"{field}:Q", scale=alt.Scale(scheme="blues", zero=True), legend=None),
            stroke=alt.condition(pick, alt.value(ORANGE), alt.value(None)),
            strokeWidth=alt.value(3),
        )
        .add_params(pick)
    )
    dark = f"datum.{field} > {float(cells[field].max()) * 0.55 if len(cells) else 0}"
    text = (
        base.transform_filter("datum.count > 0")
        .mark_text(fontSize=12)
        .encode(
            text=alt.Text(f"{field}:Q", format=shown),
            color=alt.condition(dark, alt.value("white"), alt.value("#1b2430")),
        )
    )
    chart: alt.LayerChart = alt.layer(squares, text)  # type: ignore[assignment]
    return chart.properties(height=440)


def probability_chart(names: tuple[str, ...], p: list[float], truth: int, answer: int) -> alt.Chart:
    """A bar for each class: how likely the network thinks it is."""
    roles = {truth: "truth", answer: "answer"} | (
        {truth: "truth and answer"} if truth == answer else {}
    )
    table = pd.DataFrame(
        {"class": names, "p": p, "curve": [roles.get(i, "other") for i in range(len(names))]}
    )
    colors = {"truth": GREEN, "answer": ORANGE, "truth and answer": GREEN, "other": GREY}
    used = {role: colors[role] for role in dict.fromkeys(table["curve"])}
    return (
        alt.Chart(table)
        .mark_bar(cornerRadius=2)
        .encode(
            x=alt.X("p:Q", title="probability", axis=alt.Axis(format="%"), scale=_SHARE),
            y=alt.Y("class:N", title=None, sort=list(names)),
            color=_named(used),
            tooltip=[
                alt.Tooltip("class:N", title="class"),
                alt.Tooltip("p:Q", title="probability", format=".4%"),
            ],
        )
        .properties(height=HEIGHT, title=_title("How likely it thought each class"))
    )


_SHARE = alt.Scale(domain=[0, 1])


def contribution_chart(table: pd.DataFrame, first: str, second: str, n: int = 12) -> alt.Chart:
    """The hidden units that decided most between two classes, as bars to either side.

    Parameters
    ----------
    table : columns unit, gap, activation, as `explain.contributions` gives them.
    """
    most = table.loc[table["gap"].abs().sort_values(ascending=False).index[:n]]
    most = most.assign(
        name=[f"unit {unit}" for unit in most["unit"]],
        curve=[f"for {first}" if gap > 0 else f"for {second}" for gap in most["gap"]],
    )
    colors = {f"for {first}": ORANGE, f"for {second}": GREEN}
    return (
        alt.Chart(most)
        .mark_bar(cornerRadius=2)
        .encode(
            x=alt.X("gap:Q", title=f"added to the logit of {first} more than to that of {second}"),
            y=alt.Y("name:N", title=None, sort=list(most["name"])),
            color=_named(colors),
            tooltip=[
                alt.Tooltip("name:N", title="hidden"),
                alt.Tooltip("activation:Q", title="its output", format=".3f"),
                alt.Tooltip("gap:Q", title="added", format="+.3f"),
            ],
        )
        .properties(height=HEIGHT, title=_title("What the hidden units said"))
    )


_LOG = alt.Scale(type="log", nice=False, clamp=True)


def loss_chart(
    curve: pd.DataFrame, epochs: pd.DataFrame, total_steps: int | None
) -> alt.LayerChart:
    """Loss of each batch and its average, with the validation loss at the end of each epoch.

    Parameters
    ----------
    curve : columns step, loss, smooth, as `curves.loss_curve` gives them.
    epochs : columns epoch, step, valid_loss.
    total_steps : the axis runs this far, so that a running curve grows into its place.
    """
    end = max(total_steps or 0, int(curve["step"].max()) if len(curve) else 0, 1)
    x = alt.X("step:Q", title="step (batches)", scale=alt.Scale(domain=[0, end], nice=False))
    color = _named({"batch": GREY, "average": BLUE, "validation": ORANGE})

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", title="loss (nats, logarithmic)", scale=_LOG)

    base = alt.Chart(curve).encode(x=x)
    raw = (
        base.transform_calculate(curve="'batch'")
        .mark_line(strokeWidth=1, opacity=0.45)
        .encode(y=y("loss"), color=color)
    )
    average = (
        base.transform_calculate(curve="'average'")
        .mark_line(strokeWidth=2.5)
        .encode(
            y=y("smooth"),
            color=color,
            tooltip=[
                alt.Tooltip("step:Q", title="step", format=","),
                alt.Tooltip("loss:Q", title="loss of the batch", format=".4f"),
                alt.Tooltip("smooth:Q", title="average", format=".4f"),
            ],
        )
    )
    valid = (
        alt.Chart(epochs)
        .transform_calculate(curve="'validation'")
        .mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=45))
        .encode(
            x=x,
            y=y("valid_loss"),
            color=color,
            tooltip=[
                alt.Tooltip("epoch:Q", title="epoch"),
                alt.Tooltip("valid_loss:Q", title="validation loss", format=".4f"),
            ],
        )
    )
    layers: alt.LayerChart = alt.layer(raw, average, valid)  # type: ignore[assignment]
    return layers.properties(height=HEIGHT, title=_title("Loss"))


def accuracy_chart(epochs: pd.DataFrame, total_epochs: int) -> alt.Chart:
    """Share answered right after each epoch, in training and in validation.

    Parameters
    ----------
    epochs : columns epoch, train_accuracy, valid_accuracy.
    """
    names = {"train_accuracy": "training", "valid_accuracy": "validation"}
    table = epochs[["epoch", *names]].rename(columns=names)
    table = table.melt("epoch", var_name="curve", value_name="accuracy").dropna()
    epoch_axis = alt.Axis(tickMinStep=1, format="d")
    return (
        alt.Chart(table)
        .mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=45))
        .encode(
            x=alt.X(
                "epoch:Q",
                title="epoch",
                axis=epoch_axis,
                scale=alt.Scale(domain=[0, max(total_epochs, 1)], nice=False),
            ),
            y=alt.Y(
                "accuracy:Q",
                title="accuracy",
                axis=alt.Axis(format="%"),
                scale=alt.Scale(zero=False, padding=8),
            ),
            color=_named({"training": BLUE, "validation": ORANGE}),
            tooltip=[
                alt.Tooltip("curve:N", title="pictures"),
                alt.Tooltip("epoch:Q", title="epoch"),
                alt.Tooltip("accuracy:Q", title="accuracy", format=".2%"),
            ],
        )
        .properties(height=HEIGHT, title=_title("Accuracy"))
    )
