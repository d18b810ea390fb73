"""What to expect of a run when a setting is another one: a sentence for each field."""

EXPECTATIONS = {
    "dataset": "Harder or fewer pictures end in a lower accuracy, and more pictures make an epoch "
    "longer.",
    "hidden": "More units can tell finer differences apart, but they take longer and over-fit "
    "sooner.",
    "activation": "relu learns fast; curves that are flat at their ends, as tanh and sigmoid, make "
    "deep networks slow.",
    "init": "Weights that start too large make confident mistakes, and weights that start equal "
    "never learn.",
    "init_std": "Larger: the loss starts high and takes long to fall; smaller: deep layers hardly "
    "learn at first.",
    "standardise": "On: the loss falls faster; off: another learning rate may suit better.",
    "loss": "Both give the same curve until a logit grows large: then plain-softmax ends in NaN.",
    "optimizer": "adam and rmsprop need few epochs; sgd needs more of them, and a higher learning "
    "rate.",
    "lr": "Higher: faster, until the loss jumps or becomes NaN; lower: smooth and slow.",
    "momentum": "Higher: faster along a steady slope, and further past the goal; lower: calmer and "
    "slower.",
    "beta2": "Higher: the step sizes change slowly; lower: they follow the last few batches.",
    "weight_decay": "Higher: less over-fitting, until the network cannot even learn its training "
    "pictures.",
    "schedule": "one-cycle ends with small steps, which often gives the higher accuracy; constant "
    "keeps on jumping.",
    "augment": "With it training accuracy is lower, and after enough epochs validation accuracy is "
    "higher.",
    "augment_strength": "Higher: less over-fitting, until nobody can read the digits; lower: "
    "nearer to the pictures as they are.",
    "batch_size": "Larger: a smoother curve of fewer steps; smaller: a noisier one, and slower "
    "epochs.",
    "epochs": "More: a longer run and a higher accuracy, until the network over-fits.",
    "train_size": "Fewer: short epochs, and over-fitting; more: a higher accuracy on new pictures.",
    "skip_damaged": "On: the run trains on the other pictures; off: it does not begin, and says "
    "what is damaged.",
    "valid_pct": "Higher: a more exact validation accuracy, and fewer pictures to learn from.",
    "split_seed": "Another seed validates with other pictures, so the accuracy differs a little "
    "by chance.",
    "seed": "Another seed gives another curve: how far the two are apart is chance.",
    "backward": "Both give the same curve, and by-hand is a little faster.",
    "device": "The curve differs in its last digits, and small networks are not always faster.",
    "precision": "Lower: faster where the machine can do it, and the last digits of the curve "
    "change.",
}
