"""Text from outside as Markdown that shows it letter by letter, whatever is written in it."""

import re

INVISIBLE = "\u2060"  # a word joiner: it has no width
# The last two begin a list.
_MARKUP = re.compile(r"[!#$&()*+:<=>@\[\\\]^_`{|}~]|^-|\.(?=\s|$)")
# Streamlit replaces these after it has read the Markdown, when a backslash has no effect any more.
_REPLACED_LATER = re.compile(
    r":(?=[\w+/-])"  # emoji codes, icons, addresses
    r"|www(?=\.)|@(?=\w)"  # addresses without a scheme
    r"|(?<!\S)(?:<-|[-<>~])(?=(?:[->=]|->)(?!\S))",  # arrows, dashes, comparisons
    re.ASCII | re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://[\w.:/?=&%#,;+~@-]*[\w/]", re.ASCII)


def escape(text: str) -> str:
    """Markdown that shows this text in one line: no markup, no link, no picture, no icon.

    For names, notes, paths and error sentences wherever Streamlit renders Markdown: in text, in
    labels of widgets, in captions, and in options of radio buttons, pills, menus and segmented
    controls. Select boxes and dataframes show plain text, so they take the text as it is.
    """
    line = " ".join(text.encode(errors="replace").decode().split())  # no lone surrogates
    return _MARKUP.sub(r"\\\g<0>", _REPLACED_LATER.sub(rf"\g<0>{INVISIBLE}", line))


def with_links(text: str) -> str:
    """The same, but its web addresses are links. For the text of somebody who may set them."""
    return " ".join(map(_linked, text.split()))


def _linked(word: str) -> str:
    address = _ADDRESS.search(word)
    if address is None:
        return escape(word)
    before, after = word[: address.start()], word[address.end() :]
    return f"{escape(before)}[{escape(address[0])}]({address[0]}){_linked(after)}"
