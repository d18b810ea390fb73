"""The rectangle around some ink."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """Rows from `top` to below `bottom`, columns from `left` to before `right`."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left
