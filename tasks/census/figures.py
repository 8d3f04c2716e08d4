"""Figures: lines and columns as SVG that takes its colours from the page, light or dark."""

import math
from collections.abc import Mapping, Sequence

from markupsafe import Markup

WIDE, HIGH, LEFT, BELOW, ABOVE = 960, 300, 64, 44, 14  # of the drawing, in its own units
COLOURS = 5  # classes m1 to m5 of report.css
_FRAME = Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}"><title>{}</title>{}</svg>')
_TEXT = Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>')
_LINE = Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"></line>')


def rank_curve(series: Mapping[str, Sequence[int]], label: str) -> Markup:
    """Numbers in falling order against their rank, both logarithmic (a Zipf plot); zeros lie below the axis and are not drawn."""
    drawn = {name: [value for value in sorted(values, reverse=True) if value > 0] for name, values in series.items()}
    ranks = max((len(values) for values in drawn.values()), default=0)
    most = max((values[0] for values in drawn.values() if values), default=0)
    if not ranks:
        return Markup()
    right, top = math.log10(max(ranks, 10)), math.ceil(math.log10(max(most, 10)))

    def x(rank: float) -> float:
        return LEFT + (WIDE - LEFT - 10) * math.log10(rank) / right

    def y(value: float) -> float:
        return ABOVE + (HIGH - BELOW - ABOVE) * (1 - math.log10(value) / top)

    grid = [
        _LINE.format(LEFT, y(10**i), WIDE - 10, y(10**i)) + _TEXT.format(LEFT - 8, y(10**i) + 4, "end", f"{10**i:,}")
        for i in range(top + 1)
    ]
    grid += [_TEXT.format(x(10**i), HIGH - BELOW + 18, "middle", f"{10**i:,}") for i in range(int(right) + 1)]
    grid.append(_TEXT.format((LEFT + WIDE) / 2, HIGH - 6, "middle", "rank"))
    curves = [
        Markup('<polyline class="m{}" points="{}"></polyline>').format(
            i % COLOURS + 1, " ".join(f"{x(rank + 1):.1f},{y(values[rank]):.1f}" for rank in _thinned(len(values)))
        )
        for i, values in enumerate(drawn.values())
    ]
    return _FRAME.format(WIDE, HIGH, label, label, Markup().join([*grid, *curves]))


def month_columns(months: Sequence[tuple[str, int]], label: str) -> Markup:
    """A column for each month (2025-03) in order; every January is named."""
    most = max((count for _, count in months), default=0)
    if not most:
        return Markup()
    step = (WIDE - LEFT - 10) / len(months)
    scale = (HIGH - BELOW - ABOVE) / most
    floor = HIGH - BELOW
    parts = [_LINE.format(LEFT, floor - value * scale, WIDE - 10, floor - value * scale) for value in _ticks(most)]
    parts += [_TEXT.format(LEFT - 8, floor - value * scale + 4, "end", f"{value:,}") for value in _ticks(most)]
    for i, (month, count) in enumerate(months):
        left = LEFT + i * step
        column = Markup('<path class="m2" d="M{:.2f} {:.2f}h{:.2f}v{:.2f}h{:.2f}z"><title>{}: {:,}</title></path>')
        width = max(step - 1.5, 0.5)
        parts.append(column.format(left, floor - count * scale, width, count * scale, -width, month, count))
        if month.endswith("-01") or i == 0:
            parts.append(_TEXT.format(left, floor + 18, "start", month[:4] if month.endswith("-01") else month))
    return _FRAME.format(WIDE, HIGH, label, label, Markup().join(parts))


def _thinned(count: int) -> list[int]:
    """Ranks from 0 that a curve needs: all of the first hundred, then so many that 400 points are drawn at most."""
    if count <= 400:
        return list(range(count))
    far = {round(100 * (count / 100) ** (i / 299)) for i in range(300)}
    return sorted({*range(100), *(rank for rank in far if rank < count), count - 1})


def _ticks(most: int) -> list[int]:
    """Zero and a few round numbers up to the most."""
    step = 10 ** math.floor(math.log10(most))
    step = next(each for each in (step // 5, step // 2, step, 2 * step) if each and most / each <= 6) if most > 1 else 1
    return list(range(0, most + 1, max(step, 1)))
