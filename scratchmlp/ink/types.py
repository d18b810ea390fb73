"""What ink is, and how large a prepared picture is. Most other rooms need no more of it."""

import numpy as np
from numpy.typing import NDArray

Ink = NDArray[np.floating]
"""Of shape (height, width): 0 for paper and 1 for full ink."""

SIDE = 28  # pixels: a prepared picture is as wide and as high as MNIST's
