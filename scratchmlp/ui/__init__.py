"""What the pages are made of.

Each visitor's script runs in a thread of its own, and the first scripts import at the same time.
Where the modules of a package import each other in a circle, two threads that enter it at different
ends wait for each other, and Python raises an error. So app and pages import this package first:
the first thread loads such packages here, by the modules that use them, while the others wait.
What few views need is loaded by `on_demand`.
"""

import scratchmlp.analysis.evaluation  # PyTorch, pandas
import scratchmlp.charts.theme
import scratchmlp.runs.jobs  # noqa: F401 (distributed, SQLAlchemy)
