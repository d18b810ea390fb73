"""Unpacks files of the Unix program `compress` (.Z), which Python's own library cannot read.

Its method is LZW (Welch 1984): a code stands for a text that was seen before, and each code adds
one text to the table, the last one with one more letter. Codes begin with 9 bits and grow with the
table. They are written in groups of eight, and a change of their width ends a group early.
"""

MAGIC = b"\x1f\x9d"
CLEAR = 256  # the code that empties the table
FIRST_WIDTH = 9


def uncompress(data: bytes, most: int) -> bytes:
    """The bytes that were compressed.

    Parameters
    ----------
    most : bytes that they may have.

    Raises
    ------
    ValueError
        The data is damaged, or it holds more.
    """
    if data[:2] != MAGIC or len(data) < 3 or not FIRST_WIDTH < data[2] & 31 <= 16:
        raise ValueError("it is not a file of compress")
    widest, has_clear = data[2] & 31, bool(data[2] & 128)
    letters = [bytes([i]) for i in range(256)] + [b""] * has_clear
    table, width, last, out = letters.copy(), FIRST_WIDTH, b"", bytearray()
    start = position = 24  # in bits: where codes of this width begin, and the next code
    while position + width <= 8 * len(data):
        code = int.from_bytes(data[position // 8 : position // 8 + 4], "little")
        code = code >> position % 8 & (1 << width) - 1
        position += width
        if has_clear and code == CLEAR:
            start = position = _next_group(start, position, width)
            table, width, last = letters.copy(), FIRST_WIDTH, b""
            continue
        if code > len(table) - (not last) or len(out) > most:
            raise ValueError("it is damaged or too large")
        text = table[code] if code < len(table) else last + last[:1]
        out += text
        if last and len(table) < 1 << widest:
            table.append(last + text[:1])
        last = text
        if len(table) == 1 << width and width < widest:
            start = position = _next_group(start, position, width)
            width += 1
    return bytes(out)


def _next_group(start: int, position: int, width: int) -> int:
    """Where the group of eight codes ends that the code before `position` belongs to."""
    group = 8 * width
    return start + -(-(position - start) // group) * group
