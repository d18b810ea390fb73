"""The file tree of docs/architecture.md, made from the first line of each module.

`python -m tests.file_tree` writes it into the document; a test compares the two.
"""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- file tree -->\n", "<!-- end of file tree -->\n"


def sources() -> list[Path]:
    """All modules of the product, as paths from the root; packages without code are left out."""
    found = [ROOT / "app.py", *ROOT.glob("pages/*.py"), *ROOT.glob("scratchmlp/**/*.py")]
    return sorted(path.relative_to(ROOT) for path in found if path.read_text().strip())


def first_line(path: Path) -> str:
    """The first line of a module's docstring, without its full stop."""
    doc = ast.get_docstring(ast.parse((ROOT / path).read_text())) or ""
    return doc.split("\n")[0].removesuffix(".")


def table() -> str:
    """A Markdown table of whole paths and first lines, one heading for each folder."""
    lines: list[str] = []
    folder = None
    for path in sorted(sources(), key=lambda path: (path.parent.parts, path.name)):
        if path.parent != folder:
            folder = path.parent
            title = "The top folder" if folder == Path() else f"`{folder}/`"
            lines += ["", f"**{title}**", "", "| module | what it is |", "| --- | --- |"]
        lines.append(f"| `{path}` | {first_line(path)} |")
    return "\n".join(lines[1:]) + "\n"


def written() -> str:
    """What stands in the document now."""
    return DOCUMENT.read_text().partition(BEGIN)[2].partition(END)[0]


def write() -> None:
    text = DOCUMENT.read_text()
    before, _, rest = text.partition(BEGIN)
    DOCUMENT.write_text(before + BEGIN + table() + END + rest.partition(END)[2])


if __name__ == "__main__":
    write()
