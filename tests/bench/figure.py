"""A figure of a benchmark: horizontal bars as SVG."""

from html import escape
from pathlib import Path

BAR, LEFT, WIDE = 22, 150, 420  # pixels


def bars(title: str, values: dict[str, float], unit: str, path: Path) -> None:
    """Write one bar for each value, the longest as wide as the figure."""
    most = max(values.values(), default=1) or 1
    rows = [
        f'<text x="{LEFT - 8}" y="{y + 15}" text-anchor="end">{escape(name)}</text>'
        f'<rect x="{LEFT}" y="{y}" width="{WIDE * value / most:.1f}" height="{BAR - 6}" fill="#4477aa"/>'
        f'<text x="{LEFT + WIDE * value / most + 6:.1f}" y="{y + 13}">{value:,.1f}</text>'
        for y, (name, value) in zip(range(34, 10_000, BAR), values.items(), strict=False)
    ]
    size = f'width="{LEFT + WIDE + 110}" height="{44 + BAR * len(rows)}"'
    head = f'<text x="8" y="20" font-weight="bold">{escape(title)} ({escape(unit)})</text>'
    style = 'font-family="sans-serif" font-size="13"'
    path.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n{head}\n{chr(10).join(rows)}\n</svg>\n', "utf-8")
