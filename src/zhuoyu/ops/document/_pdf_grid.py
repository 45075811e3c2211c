"""Tables with ruled lines on a page: the grid that its lines make."""

from __future__ import annotations

from collections.abc import Sequence

Rect = tuple[float, float, float, float]
"""Left, bottom, right, top, as PDF counts: upwards."""

TOUCH = 3.0
"""Points: lines that end closer than that to another one meet it; a rule is at most that thick."""
_LEAST = 8.0
"""A shorter line is a part of a letter or a mark, not a rule of a table."""
_MOST = 5000
"""A page with more lines is a drawing."""


def rules(paths: Sequence[Rect]) -> tuple[list[Rect], list[Rect]]:
    """Horizontal and vertical rules of the paths' bounds; a box is its four edges.

    >>> rules([(0, 0, 100, 1), (0, 0, 40, 20)])[1]
    [(0, 0, 0, 20), (40, 0, 40, 20)]
    """
    flat: list[Rect] = []
    steep: list[Rect] = []
    for x0, y0, x1, y1 in paths:
        wide, high = x1 - x0 >= _LEAST, y1 - y0 >= _LEAST
        if wide and y1 - y0 <= TOUCH:
            flat.append((x0, (y0 + y1) / 2, x1, (y0 + y1) / 2))
        elif high and x1 - x0 <= TOUCH:
            steep.append(((x0 + x1) / 2, y0, (x0 + x1) / 2, y1))
        elif wide and high:
            flat += [(x0, y0, x1, y0), (x0, y1, x1, y1)]
            steep += [(x0, y0, x0, y1), (x1, y0, x1, y1)]
    return flat, steep


def grids(paths: Sequence[Rect]) -> list[tuple[list[float], list[float]]]:
    """The tables of a page as (column edges from the left, row edges from the top): at least two rows and two columns.

    Rules that meet belong to one table. A table without vertical rules is not seen.
    """
    flat, steep = rules(paths)
    if not flat or not steep or len(flat) + len(steep) > _MOST:
        return []
    root = list(range(len(flat) + len(steep)))

    def find(i: int) -> int:
        while root[i] != i:
            root[i] = root[root[i]]
            i = root[i]
        return i

    for i, (x0, y, x1, _) in enumerate(flat):
        for j, (x, y0, _, y1) in enumerate(steep, len(flat)):
            if x0 - TOUCH <= x <= x1 + TOUCH and y0 - TOUCH <= y <= y1 + TOUCH:
                root[find(i)] = find(j)
    groups: dict[int, tuple[list[float], list[float]]] = {}
    for i, (_, y, _, _) in enumerate(flat):
        groups.setdefault(find(i), ([], []))[1].append(y)
    for j, (x, _, _, _) in enumerate(steep, len(flat)):
        groups.setdefault(find(j), ([], []))[0].append(x)
    made = [(_apart(xs), _apart(ys)[::-1]) for xs, ys in groups.values()]
    return sorted(((xs, ys) for xs, ys in made if len(xs) > 2 and len(ys) > 2), key=lambda g: (-g[1][0], g[0][0]))


def _apart(values: list[float]) -> list[float]:
    """Ascending values, those closer than ``TOUCH`` taken as one."""
    out: list[float] = []
    for value in sorted(values):
        if not out or value - out[-1] > TOUCH:
            out.append(value)
    return out
