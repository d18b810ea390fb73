"""Pictures of digits as people send them: `KINDS` names each disturbance and draws it.

A kind is a function of a `Digit` and a random generator, and returns the bytes of a file. Sizes,
places, noise and JPEG quality are random.
"""

from scratchmlp.bench import disturbed_photos, faint_photos, stroke_photos
from scratchmlp.bench.sheets import Kind

KINDS: dict[str, Kind] = disturbed_photos.KINDS | faint_photos.KINDS | stroke_photos.KINDS
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
