"""The words of the field in plain English: pages explain them in place, a document lists them.

`python -m scratchmlp.glossary` prints docs/glossary.md; a test compares the two.
"""

TERMS = {
    "accuracy": "The share of pictures that a network predicts correctly.",
    "activation": "The function that turns a hidden unit's sum into its output, such as ReLU.",
    "augmentation": "Small random changes of the training pictures, so that none is seen twice.",
    "autograd": "The part of PyTorch that computes gradients by itself.",
    "batch": "The pictures of one step: the network learns from their mean loss.",
    "bias": "A number that a unit adds to its weighted sum; it is learned as weights are.",
    "calibration": "Whether the network is right as often as its probabilities say.",
    "checkpoint": "A stored copy of a network's weights, made after an epoch.",
    "class": "What a picture can be predicted as: one of the ten digits, for example.",
    "confusion matrix": "A table that counts, for each true class, what was predicted.",
    "cross-entropy": "The loss of a classifier: minus the logarithm of the probability that it "
    "gives to the true class.",
    "dead unit": "A hidden unit whose output is 0 for every picture, so that it no longer learns.",
    "diverge": "To get worse without end: the loss grows until it is infinite or NaN.",
    "embedding map": "A map on which pictures that the network finds similar are close together.",
    "epoch": "One pass over all training pictures.",
    "gradient": "How the loss changes with each weight: its slope in each direction.",
    "hidden layer": "A layer of units between the pixels and the classes.",
    "initialisation": "How the weights are drawn before the first step.",
    "learning rate": "How far a step moves the weights along the gradient.",
    "logits": "The network's outputs before softmax: any numbers, of which the largest wins.",
    "loss": "How wrong the predictions are: 0 is perfect, and training makes it smaller.",
    "momentum": "The share of the last step that an optimiser keeps in the next one.",
    "NaN": "Not a number: the result of a computation that failed, such as 0 times infinity.",
    "nats": "The unit of a loss by natural logarithms: who guesses among ten classes loses 2.3 "
    "of them.",
    "optimiser": "The rule that turns gradients into changes of the weights.",
    "out of distribution": "Unlike anything that the network was trained on.",
    "over-fitting": "Learning the training pictures by heart: new pictures are predicted worse.",
    "probability": "The network's confidence in a class, from 0 to 1; all classes sum to 1.",
    "schedule": "How the learning rate changes over a run.",
    "seed": "The number that all random numbers of a run are drawn from.",
    "softmax": "The formula that turns logits into probabilities.",
    "step": "One change of all weights, after one batch.",
    "test pictures": "Pictures that are used once, at the end, to measure a network.",
    "training pictures": "The pictures that the network learns from.",
    "under-fitting": "Not even learning the training pictures.",
    "unit": "A part of a layer: it sums its weighted inputs and passes the result on.",
    "validation pictures": "Pictures kept apart from training, to compare epochs and settings.",
    "weight decay": "Pulling all weights a little towards 0 in each step.",
    "weights": "The numbers that a network learns: one for each connection between two units.",
}


def explain(*terms: str) -> str:
    """Markdown with a line for each of these terms, for the help of an element."""
    return "\n\n".join(f"**{term}**: {TERMS[term]}" for term in terms)


def document() -> str:
    """The text of docs/glossary.md."""
    head = "# Glossary\n\nThe words that the pages use. The pages explain them where they stand.\n"
    rows = "".join(f"| {term} | {meaning} |\n" for term, meaning in TERMS.items())
    return f"{head}\n| word | what it means |\n| --- | --- |\n{rows}"


if __name__ == "__main__":
    print(document(), end="")
