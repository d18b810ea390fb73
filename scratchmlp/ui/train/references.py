"""What the curves of a run are compared with: chance, a linear classifier, the recipe's end."""

import math

from scratchmlp.charts.reference_lines import Line
from scratchmlp.data import sources
from scratchmlp.data.types import DIGIT_CLASSES
from scratchmlp.errors import UserError
from scratchmlp.figures import percent
from scratchmlp.net import presets
from scratchmlp.net.presets import End
from scratchmlp.runs.store import Run
from scratchmlp.ui import resources

CHANCE, LINEAR, RECIPE = "chance", "linear classifier", "recipe's end"
LEARNED = 0.5  # an accuracy
WORDS = (
    "Chance guesses a class. The other two were measured on test pictures, mean of three seeds: "
    "a network without a hidden layer, and the end of the nearest recipe."
)


def ends(run: Run) -> dict[str, End]:
    """What is known for the run's dataset and recipe, by name; the most important first."""
    preset, found = presets.find(presets.nearest(run.config)), {}
    if classes := _classes(run.dataset):
        found[CHANCE] = chance(classes)
    if run.dataset in preset.ends and preset.group != presets.BROKEN:
        found[RECIPE] = preset.ends[run.dataset]
    if run.dataset in presets.LINEAR_CLASSIFIER:
        found[LINEAR] = presets.LINEAR_CLASSIFIER[run.dataset]
    return found


def chance(classes: int) -> End:
    """Of a guess that gives each class the same probability."""
    return End(1 / classes, math.log(classes))


def of_loss(run: Run) -> list[Line]:
    return [Line(name, end.loss, f"{end.loss:.3f}") for name, end in ends(run).items()]


def of_accuracy(run: Run) -> list[Line]:
    found = ends(run).items()
    return [Line(name, end.accuracy, percent(end.accuracy, 1)) for name, end in found]


def _classes(dataset: str) -> int:
    """How many classes a dataset has; 0 if it is not at hand."""
    if sources.is_named(dataset):
        return len(DIGIT_CLASSES)
    try:
        return len(resources.first_picture(dataset)[0])
    except UserError:
        return 0


def losses_reached(run: Run, has_steps: bool) -> list[float]:
    """The losses that the axis reaches, whatever the run's own are."""
    losses = [end.loss for end in ends(run).values()]
    if losses and not has_steps:  # an axis before the first step
        return [*losses, losses[0] / 10]
    return losses


def accuracies_reached(run: Run, lowest: float) -> list[float]:
    """The same of the accuracies. Chance is far from a run that has learned, and left out there.

    `lowest` : the lowest accuracy of the curves; 1 before the first epoch.
    """
    found = ends(run)
    if lowest > LEARNED:
        found.pop(CHANCE, None)
    return [end.accuracy for end in found.values()]
