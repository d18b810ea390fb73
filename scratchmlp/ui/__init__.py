"""What the pages are made of.

Each visitor's script runs in a thread of its own, and the first ones import at the same time. In a
package whose modules import each other in a circle, two threads that come in at different ends wait
for each other, which Python ends with an error. So app and pages import this room first: whoever
comes first loads those packages here, while the others wait.
"""

import altair  # noqa: F401
import distributed  # noqa: F401
import pandas  # noqa: F401
import sklearn.metrics  # noqa: F401
import sqlalchemy  # noqa: F401
import torch  # noqa: F401
