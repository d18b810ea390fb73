"""What the pages are made of.

Each visitor's script runs in a thread of its own, and the first ones import at the same time. In a
package whose modules import each other in a circle, two threads that come in at different ends wait
for each other, which Python ends with an error. So app and pages import this room first: whoever
comes first loads those packages here, by the rooms that use them, while the others wait.
"""

import scratchmlp.analysis.evaluation
import scratchmlp.charts.theme
import scratchmlp.runs.jobs  # noqa: F401 (distributed, SQLAlchemy)
