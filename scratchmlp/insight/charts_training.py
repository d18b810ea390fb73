"""Charts of a run: its loss and its accuracy, as it learns."""

import altair as alt
import pandas as pd

from scratchmlp.insight.charts import BLUE, GREY, HEIGHT, ORANGE, named, title

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
    color = named({"batch": GREY, "average": BLUE, "validation": ORANGE})

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
    return layers.properties(height=HEIGHT, title=title("Loss"))


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
            color=named({"training": BLUE, "validation": ORANGE}),
            tooltip=[
                alt.Tooltip("curve:N", title="pictures"),
                alt.Tooltip("epoch:Q", title="epoch"),
                alt.Tooltip("accuracy:Q", title="accuracy", format=".2%"),
            ],
        )
        .properties(height=HEIGHT, title=title("Accuracy"))
    )
